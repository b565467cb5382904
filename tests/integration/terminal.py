"""A terminal that a program runs in, and what it shows: for tests that press keys and look."""
import fcntl
import html
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

PATIENCE_SECONDS = 30
KEYS = {
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "page down": b"\x1b[6~",
    "enter": b"\r",
    "escape": b"\x1b",
    "control-C": b"\x03",
}
COLORS = {
    "default": "#d0d0d0",
    "black": "#101418",
    "red": "#ff6b68",
    "green": "#7ec699",
    "brown": "#e5c07b",
    "cyan": "#7fd1de",
}


class Terminal:
    """One program in it, from `with` to its end."""

    def __init__(self, command, environment, columns=100, rows=24):
        self.command = [str(part) for part in command]
        # As pyte is one; what it does not know of others garbles the picture.
        self.environment = {**environment, "TERM": "linux"}
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.received = 0
        self.exit_code = None

    def __enter__(self):
        self.process, self.master = pty.fork()
        if self.process == 0:
            os.execve(self.command[0], self.command, self.environment)
        self._set_size()
        return self

    def __exit__(self, *_):
        if self.exit_code is None:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        os.close(self.master)

    def _set_size(self):
        size = struct.pack("HHHH", self.screen.lines, self.screen.columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self._set_size()

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def press(self, *keys):
        """Names of `KEYS`, or characters."""
        for key in keys:
            os.write(self.master, KEYS.get(key) or key.encode())

    def wait_for(self, *texts):
        """Until the screen shows all of them."""
        return self.wait_until(lambda lines: all(text in "\n".join(lines) for text in texts), texts)

    def wait_until(self, condition, wanted=""):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition(self.lines()):
            shown = "\n".join(self.lines())
            assert time.monotonic() < deadline, f"not shown: {wanted}\n{shown}"
            assert self._read(0.1), f"it has ended without {wanted}\n{shown}"
        return self.lines()

    def _read(self, seconds):
        """False once the program has closed the terminal."""
        if select.select([self.master], [], [], seconds)[0]:
            try:
                output = os.read(self.master, 65536)
            except OSError:
                return False
            self.received += len(output)
            self.stream.feed(output)
        return True

    def received_within(self, seconds):
        """How many bytes the program sends in this time."""
        before, end = self.received, time.monotonic() + seconds
        while time.monotonic() < end and self._read(0.05):
            pass
        return self.received - before

    def wait_for_end(self):
        while self._read(1):
            pass
        _, status = os.waitpid(self.process, 0)
        self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code

    def style_of(self, row):
        """Foreground and background of a row's first character."""
        cell = self.screen.buffer[row][0]
        return cell.fg, cell.bg

    def svg(self):
        """The screen as a picture."""
        width, height = 8.4, 18
        columns, rows = self.screen.columns, self.screen.lines
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * width + 20:.0f}'
            f' {rows * height + 20}" font-family="monospace" font-size="14">',
            f'<rect width="100%" height="100%" rx="6" fill="{COLORS["black"]}"/>',
        ]
        for row in range(rows):
            parts += self._svg_of_row(row, width, height)
        return "\n".join([*parts, "</svg>\n"])

    def _svg_of_row(self, row, width, height):
        for column, text, cell in self._runs(row):
            left, top, long = 10 + column * width, 10 + row * height, len(text) * width
            if cell.bg != "default":
                fill = COLORS[cell.bg]
                yield f'<rect x="{left:.1f}" y="{top}" width="{long:.1f}" height="{height}" fill="{fill}"/>'
            if text.strip():
                weight = ' font-weight="bold"' if cell.bold else ""
                yield (
                    f'<text x="{left:.1f}" y="{top + 13}" textLength="{long:.1f}" xml:space="preserve"'
                    f' fill="{COLORS[cell.fg]}"{weight}>{html.escape(text)}</text>'
                )

    def _runs(self, row):
        """Characters of one style: their column, text and style."""
        runs = []
        for column in range(self.screen.columns):
            cell = self.screen.buffer[row][column]
            style = (cell.fg, cell.bg, cell.bold)
            if runs and runs[-1][3] == style:
                runs[-1][1] += cell.data
            else:
                runs.append([column, cell.data, cell, style])
        return [(column, text, cell) for column, text, cell, _ in runs]
