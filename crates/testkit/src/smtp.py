"""The mail server of tests: aiosmtpd on a port of loopback. Prints its port, then each mail as one line of hex fields.

Arguments: port, certificate, key, user, password, how many mails are refused at first. Ends when its input does.
"""
import asyncio
import email
import email.policy
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

port, cert, key, user, password, refuse = sys.argv[1:7]
left = int(refuse)


class Keep:
    async def handle_DATA(self, server, session, envelope):
        global left
        if left > 0:
            left -= 1
            return "451 not now"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        fields = [
            envelope.mail_from,
            ",".join(envelope.rcpt_tos),
            mail["subject"] or "",
            mail.get_body(("plain",)).get_content(),
            envelope.content.decode(errors="replace"),
            "tls" if session.ssl else "plain",
            user if session.authenticated else "",
        ]
        print(" ".join(field.encode().hex() for field in fields))
        return "250 taken"


def known(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (user.encode(), password.encode())
    return AuthResult(success=right)


def server():
    options = {"hostname": "localhost"}
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        options.update(tls_context=context, require_starttls=True)
    if user:
        options.update(authenticator=known, auth_required=True, auth_require_tls=bool(cert))
    return SMTP(Keep(), **options)


async def main():
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, "127.0.0.1", int(port))
    print(listening.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
