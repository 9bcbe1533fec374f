git clone --quiet "$GUIDANCE_REPOSITORY" guidance
cd guidance
