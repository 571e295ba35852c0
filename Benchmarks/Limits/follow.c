#define _POSIX_C_SOURCE 200809L
#include "batch.h"
#include "clock.h"
#include "modes.h"
#include "stream.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void) signal;
    stopped = 1;
}

void follow_events(const connection *to, const arguments *all) {
    const char *kind = arguments_need(all, "kind");
    bool discards = arguments_flag(all, "discard");
    if (strcmp(kind, "any") == 0 && !discards) fail("--kind any needs --discard: own events would come back");
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    vector values;
    mongoc_client_t *client = connection_borrow(to);

    clock_reading start = clock_now();
    // An event ends the wait at once; what is waited for here is the signal.
    stream events = stream_open(
        to, (stream_options){.operation = strcmp(kind, "any") == 0 ? NULL : kind, .await = 500});
    puts("READY");
    fflush(stdout);
    int64_t count = 0;
    while (!stopped) {
        const bson_t *event = stream_next(&events);
        if (!event) continue;
        if (!discards) {
            batch *one = batch_new();
            if (batch_add(one, event)) batch_write(one, client, to, &values);
            batch_free(one);
        }
        count++;
    }
    clock_reading used = clock_since(start);

    stream_close(&events);
    mongoc_client_pool_push(to->pool, client);
    printf("{\"seconds\": %.6f, \"count\": %" PRId64 ", \"cpu\": %.6f}\n", used.seconds, count, used.cpu);
}
