#include "clock.h"
#include "modes.h"
#include "stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void read_events(const connection *to, const arguments *all) {
    int64_t wanted = arguments_number(all, "count", 0);
    const char *operation = arguments_text(all, "op", "any");
    bool any = strcmp(operation, "any") == 0;
    stream_options options = {
        .at = arguments_need(all, "at"),
        .batch = (int32_t) arguments_number(all, "batch", stream_batch),
    };

    clock_reading start = clock_now();
    stream events = stream_open(to, options);
    int64_t count = 0;
    while (count < wanted) {
        const bson_t *event = stream_next(&events);
        if (!event) continue;
        bson_iter_t type;
        if (!bson_iter_init_find(&type, event, "operationType")) fail("an event without operationType");
        if (any || strcmp(bson_iter_utf8(&type, NULL), operation) == 0) count++;
    }
    clock_reading used = clock_since(start);
    stream_close(&events);
    printf("{\"seconds\": %.6f, \"count\": %" PRId64 ", \"cpu\": %.6f}\n", used.seconds, count, used.cpu);
}
