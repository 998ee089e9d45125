// What code on an audio thread must not do, made visible. Only with glibc on Linux.
#pragma once

/// Blocks of memory that the calling thread has asked for since it began; -1 where they cannot be counted.
long rtc_allocation_count(void);

typedef enum { RTC_CLEAN, RTC_SYSTEM_CALL, RTC_NOT_CHECKED } rtc_outcome;

/// Calls the body in a copy of the process in which the first system call is the end.
rtc_outcome rtc_run_without_system_calls(void (*body)(void *), void *context);
