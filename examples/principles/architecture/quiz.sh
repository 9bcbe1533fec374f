printf '2\n1\n' | python quiz.py decisions/source.yml
