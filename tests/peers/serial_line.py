"""A serial line between two programs: two pseudo terminals and a thread that carries the bytes."""

import os
import select
import termios
import threading
import tty


class SerialLine:
    """Both ends stay open, so that either program may come and go as on a real RS-485 line."""

    def __init__(self):
        pairs = [os.openpty(), os.openpty()]
        self.masters = [master for master, _ in pairs]
        self.slaves = [slave for _, slave in pairs]
        for slave in self.slaves:
            tty.setraw(slave)
        self.charger_end, self.meter_end = (os.ttyname(slave) for slave in self.slaves)
        self.wake_read, self.wake_write = os.pipe()
        self.thread = threading.Thread(target=self._carry, daemon=True)
        self.thread.start()

    def _carry(self):
        other = dict(zip(self.masters, reversed(self.masters)))
        while True:
            ready, _, _ = select.select([*self.masters, self.wake_read], [], [])
            if self.wake_read in ready:
                return
            for master in ready:
                os.write(other[master], os.read(master, 4096))

    def forget_requests(self):
        """Drops what arrived while no meter listened; on a wire it would be gone as well."""
        termios.tcflush(self.slaves[1], termios.TCIFLUSH)

    def close(self):
        os.write(self.wake_write, b"x")
        self.thread.join()
        for end in [*self.masters, *self.slaves, self.wake_read, self.wake_write]:
            os.close(end)
