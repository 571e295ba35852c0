#ifndef LIMITS_CLOCK_H
#define LIMITS_CLOCK_H

// Seconds that pass, and seconds of CPU that this process takes with all its threads.
typedef struct {
    double seconds;
    double cpu;
} clock_reading;

clock_reading clock_now(void);

// What has passed since `start`.
clock_reading clock_since(clock_reading start);

#endif
