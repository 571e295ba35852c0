#include "batch.h"
#include "clock.h"
#include "modes.h"
#include "queue.h"
#include "stream.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { writers = 2 };

typedef struct {
    const connection *to;
    queue *waiting;
    int64_t written;
} writer;

static void *write_batches(void *context) {
    writer *own = context;
    mongoc_client_t *client = connection_borrow(own->to);
    vector values;
    batch *some;
    while ((some = queue_take(own->waiting))) {
        batch_write(some, client, own->to, &values);
        own->written += some->count;
        batch_free(some);
    }
    mongoc_client_pool_push(own->to->pool, client);
    return NULL;
}

void write_vectors(const connection *to, const arguments *all) {
    int64_t wanted = arguments_number(all, "count", 0);
    // 500 to 2,000 measure the same, 250 is slower.
    int64_t size = arguments_number(all, "batch", 1000);
    const char *kind = arguments_need(all, "kind");
    if (size == 0) fail("--batch must be at least 1");
    if (strcmp(kind, "insert") != 0 && strcmp(kind, "update") != 0) fail("--kind is insert or update, not %s", kind);
    stream_options options = {
        .at = arguments_need(all, "at"),
        .operation = kind,
        .batch = (int32_t) arguments_number(all, "read-batch", stream_batch),
    };
    queue *waiting = queue_new();
    writer states[writers];
    pthread_t threads[writers];

    clock_reading start = clock_now();
    for (int i = 0; i < writers; i++) {
        states[i] = (writer){.to = to, .waiting = waiting};
        if (pthread_create(&threads[i], NULL, write_batches, &states[i]) != 0) fail("no thread for a writer");
    }
    stream events = stream_open(to, options);
    batch *some = batch_new();
    for (int64_t count = 0; count < wanted;) {
        const bson_t *event = stream_next(&events);
        if (!event || !batch_add(some, event)) continue;
        count++;
        if (some->count == size || count == wanted) {
            queue_add(waiting, some);
            some = batch_new();
        }
    }
    queue_end(waiting);
    int64_t written = 0;
    for (int i = 0; i < writers; i++) {
        pthread_join(threads[i], NULL);
        written += states[i].written;
    }
    clock_reading used = clock_since(start);

    batch_free(some);
    stream_close(&events);
    queue_free(waiting);
    printf("{\"seconds\": %.6f, \"count\": %" PRId64 ", \"cpu\": %.6f}\n", used.seconds, written, used.cpu);
}
