#include "queue.h"

#include "arguments.h"

#include <pthread.h>
#include <stdlib.h>

// Enough that no writer waits for the reader, little enough to stay in the cache.
enum { room = 4 };

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void *items[room];
    int first;
    int count;
    bool ended;
};

queue *queue_new(void) {
    queue *waiting = calloc(1, sizeof *waiting);
    if (!waiting) fail("out of memory");
    pthread_mutex_init(&waiting->lock, NULL);
    pthread_cond_init(&waiting->changed, NULL);
    return waiting;
}

void queue_free(queue *waiting) {
    pthread_cond_destroy(&waiting->changed);
    pthread_mutex_destroy(&waiting->lock);
    free(waiting);
}

void queue_add(queue *waiting, void *item) {
    pthread_mutex_lock(&waiting->lock);
    while (waiting->count == room) pthread_cond_wait(&waiting->changed, &waiting->lock);
    waiting->items[(waiting->first + waiting->count++) % room] = item;
    pthread_cond_broadcast(&waiting->changed);
    pthread_mutex_unlock(&waiting->lock);
}

void queue_end(queue *waiting) {
    pthread_mutex_lock(&waiting->lock);
    waiting->ended = true;
    pthread_cond_broadcast(&waiting->changed);
    pthread_mutex_unlock(&waiting->lock);
}

void *queue_take(queue *waiting) {
    pthread_mutex_lock(&waiting->lock);
    while (waiting->count == 0 && !waiting->ended) pthread_cond_wait(&waiting->changed, &waiting->lock);
    void *item = NULL;
    if (waiting->count > 0) {
        item = waiting->items[waiting->first];
        waiting->first = (waiting->first + 1) % room;
        waiting->count--;
        pthread_cond_broadcast(&waiting->changed);
    }
    pthread_mutex_unlock(&waiting->lock);
    return item;
}
