"""The settings of the embedded PostgreSQL, from the memory of the machine.

Its log tells how the server fares and never with which data: no error of a statement is written, because its
message, its detail and its statement may all hold what was said about a resident. What went wrong and where, the
application's log says.
"""

import os
from collections.abc import Mapping
from pathlib import Path

MEGABYTE = 1 << 20

FIXED: Mapping[str, str] = {
    "listen_addresses": "''",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "password_encryption": "'scram-sha-256'",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "wal_compression": "on",
    "max_wal_size": "'4GB'",
    "checkpoint_timeout": "'15min'",
    "random_page_cost": "1.1",
    "work_mem": "'16MB'",
    "default_toast_compression": "'pglz'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "logging_collector": "off",
    "log_min_messages": "'log'",
    "log_min_error_statement": "'panic'",
    "log_error_verbosity": "'terse'",
    "log_statement": "'none'",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_line_prefix": "'%m %p '",
}

ACCESS = """\
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""


def memory() -> int:
    """Bytes of memory of this machine or of its control group, whichever is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text().strip()).isdigit():
        return min(total, int(text))
    return total


def settings(changed: Mapping[str, str]) -> str:
    """The text of postgresql.conf; `changed` overrides single settings (values as PostgreSQL writes them)."""
    available = memory() // MEGABYTE
    buffers = max(128, min(available // 8, 2048))
    values = {
        **FIXED,
        "shared_buffers": f"'{buffers}MB'",
        "effective_cache_size": f"'{max(256, available // 2)}MB'",
        "maintenance_work_mem": f"'{max(64, min(available // 32, 512))}MB'",
        **changed,
    }
    return "".join(f"{name} = {value}\n" for name, value in values.items())
