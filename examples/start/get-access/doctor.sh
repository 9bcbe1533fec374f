python doctor.py
