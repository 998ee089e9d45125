#define _GNU_SOURCE
#include "RealTimeChecks.h"

#if defined(__linux__)
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

rtc_outcome rtc_run_without_system_calls(void (*body)(void *), void *context) {
    enum { refused = 3 };
    const pid_t child = fork();
    if (child < 0) return RTC_NOT_CHECKED;
    if (child == 0) {
        // From here on only read, write and exit are let through; anything else kills.
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(refused);
        body(context);
        syscall(SYS_exit, 0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) return RTC_NOT_CHECKED;
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? RTC_CLEAN : RTC_NOT_CHECKED;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? RTC_SYSTEM_CALL : RTC_NOT_CHECKED;
}
#else
rtc_outcome rtc_run_without_system_calls(void (*body)(void *), void *context) {
    (void)body, (void)context;
    return RTC_NOT_CHECKED;
}
#endif
