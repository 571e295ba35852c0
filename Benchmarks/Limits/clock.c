#define _POSIX_C_SOURCE 200809L
#include "clock.h"

#include <sys/resource.h>
#include <time.h>

clock_reading clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (clock_reading){
        .seconds = (double) now.tv_sec + (double) now.tv_nsec / 1e9,
        .cpu = (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
    };
}

clock_reading clock_since(clock_reading start) {
    clock_reading now = clock_now();
    return (clock_reading){now.seconds - start.seconds, now.cpu - start.cpu};
}
