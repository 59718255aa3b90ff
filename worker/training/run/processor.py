"""What the processor can do, for both frameworks: neither is imported here."""

from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")


def has_bfloat16() -> bool:
    """Whether this CPU multiplies in bfloat16: elsewhere it is emulated and slower than float32."""
    flags = CPU_INFO.read_text().split() if CPU_INFO.exists() else []
    return "avx512_bf16" in flags or "amx_bf16" in flags
