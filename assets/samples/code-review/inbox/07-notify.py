"""Sends the daily summary to the warehouse."""

import smtplib
from email.message import EmailMessage

SMTP_HOST = "mail.grenholt.example"
SMTP_USER = "summary"
SMTP_PASSWORD = "Winter-Apple-77"


def send(text):
    message = EmailMessage()
    message["Subject"] = "Daily summary"
    message["From"] = "summary@grenholt.example"
    message["To"] = "warehouse@grenholt.example"
    message.set_content(text)
    with smtplib.SMTP(SMTP_HOST, 587, timeout=20) as server:
        server.starttls()
        server.login(SMTP_USER, SMTP_PASSWORD)
        server.send_message(message)
