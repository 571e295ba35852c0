#ifndef LIMITS_QUEUE_H
#define LIMITS_QUEUE_H

// A few things on their way from one thread to others; whoever adds waits for room.
typedef struct queue queue;

queue *queue_new(void);
void queue_free(queue *waiting);

void queue_add(queue *waiting, void *item);

// Nothing more will be added.
void queue_end(queue *waiting);

// Waits for the next; NULL at the end.
void *queue_take(queue *waiting);

#endif
