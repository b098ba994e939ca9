"""Notifies by e-mail: by an SMTP server over TLS, or by this machine's own `sendmail`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tui.api.errors import CloudError
from tui.api.http.endpoint import is_loopback
from tui.config.keys import password
from tui.files import reading
from tui.services.sinks.sink import PATIENCE, Means, Notification, NotSent, Sink, plain
from tui.system import subprocesses
from tui.system.apart import apart

if TYPE_CHECKING:
    from email.message import EmailMessage

SENDMAIL = ("sendmail", "/usr/sbin/sendmail", "/usr/lib/sendmail")

_FINAL = (os.EX_USAGE, os.EX_DATAERR, os.EX_NOUSER, os.EX_NOHOST, os.EX_NOPERM, os.EX_CONFIG)
"""Exit codes of sendmail that hold for good: see sysexits.h."""


def sink(means: Means) -> Sink | None:
    settings = means.settings
    if not settings.mail_to:
        return None
    if settings.smtp:
        return lambda notification: apart(lambda: by_smtp(means, message(means, notification)))
    return lambda notification: _by_sendmail(means, message(means, notification))


def message(means: Means, notification: Notification) -> EmailMessage:
    """The mail: plain text, and marked as one that wants no response."""
    from email.message import EmailMessage
    from email.utils import formatdate

    settings, mail = means.settings, EmailMessage()
    mail["Subject"] = plain(notification.title)
    mail["From"] = settings.mail_from or settings.mail_to
    mail["To"] = settings.mail_to
    mail["Date"] = formatdate(notification.at)
    if notification.id:
        mail["Message-ID"] = f"<{notification.id}@podtop.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{plain(notification.text)}\n")
    return mail


def sendmail(environ: Mapping[str, str]) -> str | None:
    """The path of this machine's sendmail."""
    paths = (shutil.which(name, path=environ.get("PATH")) for name in SENDMAIL)
    return next((path for path in paths if path is not None), None)


async def _by_sendmail(means: Means, mail: EmailMessage) -> None:
    program = sendmail(means.environ)
    if program is None:
        raise NotSent("no sendmail on this machine; set smtp", final=True)
    try:
        code, _ = await subprocesses.run(
            (program, "-t", "-i"), means.environ, means.hidden, patience=PATIENCE, text=mail.as_bytes()
        )
    except TimeoutError:
        raise NotSent(f"{program} took longer than {PATIENCE:.0f} s, and was stopped", final=True) from None
    except (OSError, ValueError) as error:
        raise NotSent(f"{program}: {getattr(error, 'strerror', None) or error}") from None
    if code:
        raise NotSent(f"{program} exited with {code}", final=code in _FINAL)


def by_smtp(means: Means, mail: EmailMessage) -> None:
    """Send it by the SMTP server of the settings. Blocks. Raises NotSent, without a word of the server's."""
    import smtplib

    settings = means.settings
    server = urlsplit(settings.smtp)
    host = server.hostname or ""
    login = password_of(settings.smtp_password_file)
    try:
        _converse(means, server.scheme == "smtps", host, server.port, login, mail)
        return
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        reason, final = f"the mail server refused the recipient ({min(codes, default=0)})", min(codes, default=0) >= 500
    except smtplib.SMTPAuthenticationError as error:
        reason = f"the mail server refused the user name or the password ({error.smtp_code})"
        final = error.smtp_code >= 500
    except smtplib.SMTPResponseException as error:
        reason, final = f"the mail server refused it ({error.smtp_code})", error.smtp_code >= 500
    except smtplib.SMTPNotSupportedError:
        reason, final = "the mail server offers no encryption, or no login", True
    except (smtplib.SMTPException, OSError, UnicodeError, ValueError) as error:
        reason, final = _unreached(error), False
    except CloudError as error:
        reason, final = str(error), False
    # Raised out here, so that nothing that quotes the server hangs on it.
    raise NotSent(reason, final=final)


def password_of(file: str) -> str:
    """The password in a file; empty without one. Raises NotSent."""
    if not file:
        return ""
    try:
        secret = password(file)
    except reading.FileTrouble as error:
        raise NotSent(f"smtp_password_file: {error}") from None
    if not secret or not secret.isprintable():
        raise NotSent("smtp_password_file: no password on one line")
    return secret


def _converse(means: Means, implicit: bool, host: str, port: int | None, password: str, mail: EmailMessage) -> None:
    import smtplib
    import socket

    from tui.api.http.connection import trusted

    context = trusted(means.environ)
    name = socket.gethostname() or "localhost"
    client: smtplib.SMTP
    if implicit:
        client = smtplib.SMTP_SSL(host, port or 465, local_hostname=name, timeout=PATIENCE, context=context)
    else:
        client = smtplib.SMTP(host, port or 587, local_hostname=name, timeout=PATIENCE)
    try:
        client.ehlo()
        # Nothing leaves this machine unencrypted.
        if not implicit and (client.has_extn("starttls") or not is_loopback(host)):
            client.starttls(context=context)
            client.ehlo()
        if means.settings.smtp_user:
            client.login(means.settings.smtp_user, password)
        client.send_message(mail)
    finally:
        # Once the mail was taken, nothing that goes wrong with the goodbye is a reason to send it again.
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
        client.close()


def _unreached(error: Exception) -> str:
    import smtplib
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return "the certificate of the mail server is not trusted"
    if isinstance(error, ssl.SSLError):
        return "the TLS connection to the mail server failed"
    if isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected):
        # The library reports both as the latter.
        return "the mail server closed the connection, or did not respond in time"
    return f"cannot reach the mail server ({getattr(error, 'strerror', None) or type(error).__name__})"
