python tags.py plan.json
