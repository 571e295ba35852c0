// How fast a plain C loop over OpenVINO embeds: what Lockstep is measured against.
//
//   embed-limit --model DIR --texts FILE [--repeat R] [--batch B | --bytes N] [--requests Q] [--streams S]
//               [--order length|arrival]
//
// A batch is B texts, or as many as have N bytes with the first one's length: the longest come first, unless they are to
// come as in the file.
// FILE holds a text a line. What is not given is looked for on some of the texts before the clock starts.
// --openvino DIR or OPENVINO_DIR says where OpenVINO is, else .lockstep/python. --save FILE keeps the vectors as
// floats, the longest text first.

#include "arguments.h"
#include "clock.h"
#include "encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// How the work is spread: batches at once, of them at most `streams` computed at once.
typedef struct {
    int requests;
    int streams;
    batching by;
} setting;

typedef struct {
    const char *openvino;
    const char *model;
} place;

static float *space_for(const encoder *with, const texts *all) {
    float *vectors = malloc(all->count * (size_t) encoder_dimensions(with) * sizeof *vectors);
    if (!vectors) fail("out of memory");
    return vectors;
}

// The fastest of the settings that agree with `given`, where 0 is open.
static setting search(place from, const texts *all, setting given) {
    static const batching batches[] = {{16, 0}, {32, 0}, {64, 0}, {128, 0}, {0, 3072}, {0, 6144}, {0, 12288}};
    enum { batch_count = sizeof batches / sizeof batches[0], most_encoders = 3, rounds = 2 };
    int cores = (int) sysconf(_SC_NPROCESSORS_ONLN);
    // One on all cores; one a core; one a core and another that is tokenized meanwhile.
    const setting spreads[most_encoders] = {{1, 1, {0}}, {cores, cores, {0}}, {cores + 1, cores, {0}}};
    texts some = texts_sample(all, 512);
    setting best = given;
    bool is_given = given.by.count || given.by.bytes;
    double least[most_encoders][batch_count] = {{0}};
    encoder *encoders[most_encoders] = {NULL};
    for (int i = 0; i < most_encoders; i++) {
        setting spread = spreads[i];
        if (given.requests && given.requests != spread.requests) continue;
        if (given.streams && given.streams != spread.streams) continue;
        encoders[i] = encoder_open(from.openvino, from.model, spread.requests, spread.streams);
    }
    // In turn, so that a disturbance of the machine hits all alike; the least of each counts.
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < most_encoders; i++) {
            for (int j = 0; encoders[i] && j < batch_count; j++) {
                if (is_given && j > 0) break;
                float *vectors = space_for(encoders[i], &some);
                clock_reading start = clock_now();
                encoder_run(encoders[i], &some, is_given ? given.by : batches[j], vectors);
                double seconds = clock_since(start).seconds;
                if (round == 0 || seconds < least[i][j]) least[i][j] = seconds;
                free(vectors);
            }
        }
    }
    double fastest = 0;
    for (int i = 0; i < most_encoders; i++) {
        for (int j = 0; encoders[i] && j < batch_count; j++) {
            if (is_given && j > 0) break;
            batching by = is_given ? given.by : batches[j];
            fprintf(stderr, "requests %d, streams %d, batch %zu, bytes %zu: %.1f texts/s\n", spreads[i].requests,
                    spreads[i].streams, by.count, by.bytes, (double) some.count / least[i][j]);
            if (fastest == 0 || least[i][j] < fastest) {
                fastest = least[i][j];
                best = (setting){spreads[i].requests, spreads[i].streams, by};
            }
        }
        if (encoders[i]) encoder_close(encoders[i]);
    }
    free(some.lines);
    if (fastest == 0) fail("no setting of this program has these --requests and --streams: give --batch or --bytes, too");
    return best;
}

static void save(const char *name, const float *vectors, size_t count) {
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(vectors, sizeof *vectors, count, file) != count || fclose(file) != 0) {
        fail("cannot write %s", name);
    }
}

int main(int argc, char **argv) {
    static const char *const options[] = {"model",   "texts",    "repeat", "batch", "bytes", "requests",
                                          "streams", "openvino", "save",   "order", NULL};
    arguments given = arguments_parse(argc, argv, 1, options);
    const char *named = getenv("OPENVINO_DIR");
    place from = {
        .openvino = arguments_text(&given, "openvino", named && *named ? named : ".lockstep/python"),
        .model = arguments_need(&given, "model"),
    };
    setting chosen = {
        .requests = (int) arguments_number(&given, "requests", 0),
        .streams = (int) arguments_number(&given, "streams", 0),
        .by.count = (size_t) arguments_number(&given, "batch", 0),
        .by.bytes = (size_t) arguments_number(&given, "bytes", 0),
    };
    int64_t repeat = arguments_number(&given, "repeat", 1);
    bool is_given = chosen.by.count || chosen.by.bytes;
    bool by_length = strcmp(arguments_text(&given, "order", "length"), "arrival") != 0;
    texts all = texts_read(arguments_need(&given, "texts"), by_length);
    // Several requests are for several cores, unless it is said otherwise.
    if (chosen.requests && is_given && !chosen.streams) {
        int cores = (int) sysconf(_SC_NPROCESSORS_ONLN);
        chosen.streams = chosen.requests < cores ? chosen.requests : cores;
    }
    if (!chosen.requests || !is_given) chosen = search(from, &all, chosen);

    encoder *with = encoder_open(from.openvino, from.model, chosen.requests, chosen.streams);
    float *vectors = space_for(with, &all);
    clock_reading start = clock_now();
    for (int64_t i = 0; i < repeat; i++) encoder_run(with, &all, chosen.by, vectors);
    clock_reading used = clock_since(start);

    const char *file = arguments_text(&given, "save", NULL);
    if (file) save(file, vectors, all.count * (size_t) encoder_dimensions(with));
    printf("{\"seconds\": %.6f, \"texts\": %zu, \"batch\": %zu, \"bytes\": %zu, \"requests\": %d, \"streams\": %d, \"cpu\": %.6f}\n",
           used.seconds, all.count * (size_t) repeat, chosen.by.count, chosen.by.bytes, chosen.requests, chosen.streams, used.cpu);
    free(vectors);
    encoder_close(with);
    free(all.lines);
    free(all.bytes);
    return 0;
}
