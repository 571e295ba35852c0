#include "encoder.h"

#include "COpenVINO.h"
#include "arguments.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A tokenizer and an encoder that share tensors, and the batch they are at.
typedef struct {
    ov_infer_request_t *tokenizer;
    ov_infer_request_t *encoder;
    size_t first;
    size_t count;
} lane;

struct encoder {
    const openvino_api *api;
    ov_compiled_model_t *tokenizer_model;
    ov_compiled_model_t *encoder_model;
    int dimensions;
    int lane_count;
    lane *lanes;
};

static const char *const inputs[] = {"input_ids", "attention_mask", "token_type_ids"};
enum { input_count = sizeof inputs / sizeof inputs[0] };

static void check(const openvino_api *api, ov_status_t status, const char *what) {
    if (status == 0) return;
    const char *detail = api->get_last_err_msg();
    fail("cannot %s: %s %s", what, api->get_error_info(status), detail ? detail : "");
}

// ── Loading ──────────────────────────────────────────────────────────────────────────────────────

static bool first_match(const char *folder, const char *pattern, char *path, size_t size) {
    char whole[4096];
    snprintf(whole, sizeof whole, "%s/%s", folder, pattern);
    glob_t found;
    bool is_there = glob(whole, 0, NULL, &found) == 0 && found.gl_pathc > 0;
    if (is_there) snprintf(path, size, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return is_there;
}

// The core stays until the process ends: there is one a library.
static const openvino_api *load(const char *root, ov_core_t **result) {
    static const openvino_api *api;
    static ov_core_t *core;
    if (!api) {
        const char *patterns[] = {"openvino/libs/libopenvino_c.so*", "libs/libopenvino_c.so*", "libopenvino_c.so*"};
        char library[4096], extension[4096], reason[1024];
        size_t i = 0;
        while (i < 3 && !first_match(root, patterns[i], library, sizeof library)) i++;
        if (i == 3) fail("no libopenvino_c.so in %s: set OPENVINO_DIR or --openvino", root);
        char folder[4096];
        snprintf(folder, sizeof folder, "%s", library);
        *strrchr(folder, '/') = 0;
        if (!first_match(folder, "../../openvino_tokenizers/lib/libopenvino_tokenizers.so", extension,
                         sizeof extension) &&
            !first_match(folder, "libopenvino_tokenizers.so", extension, sizeof extension)) {
            fail("no libopenvino_tokenizers.so beside %s", folder);
        }
        api = openvino_load(library, reason, sizeof reason);
        if (!api) fail("%s", reason);
        check(api, api->core_create(&core), "start OpenVINO");
        check(api, api->core_add_extension(core, extension), "add the tokenizers");
    }
    *result = core;
    return api;
}

static ov_compiled_model_t *compile(const openvino_api *api, ov_core_t *core, const char *folder, const char *name,
                                    int streams, int threads) {
    char xml[4096], bin[4096], stream_text[16], thread_text[16];
    snprintf(xml, sizeof xml, "%s/%s.xml", folder, name);
    snprintf(bin, sizeof bin, "%s/%s.bin", folder, name);
    snprintf(stream_text, sizeof stream_text, "%d", streams);
    snprintf(thread_text, sizeof thread_text, "%d", threads);
    ov_model_t *model = NULL;
    ov_compiled_model_t *compiled = NULL;
    check(api, api->core_read_model(core, xml, bin, &model), "read the model");
    ov_property_t properties[] = {{"NUM_STREAMS", stream_text}, {"INFERENCE_NUM_THREADS", thread_text}};
    check(api, api->core_compile_model_props(core, model, "CPU", 2, properties, &compiled), "compile the model");
    api->model_free(model);
    return compiled;
}

encoder *encoder_open(const char *openvino, const char *model, int requests, int streams) {
    ov_core_t *core;
    encoder *with = calloc(1, sizeof *with);
    if (!with) fail("out of memory");
    with->api = load(openvino, &core);
    int cores = (int) sysconf(_SC_NPROCESSORS_ONLN);
    // A fiftieth of the work: a second thread would only be in the encoder's way.
    with->tokenizer_model = compile(with->api, core, model, "openvino_tokenizer", 1, 1);
    with->encoder_model = compile(with->api, core, model, "openvino_model", streams, cores);
    with->lane_count = requests;
    with->lanes = calloc((size_t) requests, sizeof *with->lanes);
    if (!with->lanes) fail("out of memory");
    for (int i = 0; i < requests; i++) {
        lane *one = &with->lanes[i];
        check(with->api, with->api->compiled_model_create_infer_request(with->tokenizer_model, &one->tokenizer),
              "run the tokenizer");
        check(with->api, with->api->compiled_model_create_infer_request(with->encoder_model, &one->encoder),
              "run the encoder");
    }
    // Each lane allocates its tensors and kernels at its first run; one text tells the length of a vector.
    const char *probe = "probe";
    float *none = NULL;
    for (int i = 0; i < requests; i++) encoder_run(with, &(texts){.lines = &probe, .count = 1}, (batching){.count = 1}, none);
    return with;
}

void encoder_close(encoder *with) {
    for (int i = 0; i < with->lane_count; i++) {
        with->api->infer_request_free(with->lanes[i].encoder);
        with->api->infer_request_free(with->lanes[i].tokenizer);
    }
    with->api->compiled_model_free(with->encoder_model);
    with->api->compiled_model_free(with->tokenizer_model);
    free(with->lanes);
    free(with);
}

int encoder_dimensions(const encoder *with) {
    return with->dimensions;
}

// ── Running ──────────────────────────────────────────────────────────────────────────────────────

// Tokenizes and lets the encoder begin.
static void start(const encoder *with, lane *one, const texts *all, size_t first, size_t count) {
    const openvino_api *api = with->api;
    int64_t dimensions = (int64_t) count;
    ov_tensor_t *strings = NULL;
    check(api, api->tensor_create_from_string_array(all->lines + first, count, (ov_shape_t){1, &dimensions}, &strings),
          "hand over the texts");
    check(api, api->infer_request_set_input_tensor(one->tokenizer, strings), "hand over the texts");
    api->tensor_free(strings);
    check(api, api->infer_request_infer(one->tokenizer), "tokenize");
    for (int i = 0; i < input_count; i++) {
        ov_tensor_t *tokens = NULL;
        check(api, api->infer_request_get_tensor(one->tokenizer, inputs[i], &tokens), "read the tokens");
        check(api, api->infer_request_set_tensor(one->encoder, inputs[i], tokens), "hand over the tokens");
        api->tensor_free(tokens);
    }
    check(api, api->infer_request_start_async(one->encoder), "start the encoder");
    one->first = first;
    one->count = count;
}

// The mean of a text's tokens has the direction of their sum; the norm takes the rest.
static void pool(const float *tokens, const int64_t *mask, size_t length, size_t size, float *vector) {
    memset(vector, 0, size * sizeof *vector);
    for (size_t position = 0; position < length; position++) {
        if (!mask[position]) continue;
        for (size_t i = 0; i < size; i++) vector[i] += tokens[position * size + i];
    }
    float norm = 0;
    for (size_t i = 0; i < size; i++) norm += vector[i] * vector[i];
    norm = sqrtf(norm);
    if (norm > 0) {
        for (size_t i = 0; i < size; i++) vector[i] /= norm;
    }
}

// One vector a text: as the model gives it, or pooled from those of its tokens.
static void take(const lane *one, const openvino_api *api, const ov_shape_t *shape, const float *output,
                 size_t output_bytes, float *vectors) {
    size_t size = (size_t) shape->dims[shape->rank - 1];
    float *own = vectors + one->first * size;
    if (shape->rank == 2 && output_bytes == one->count * size * sizeof(float)) {
        memcpy(own, output, output_bytes);
        return;
    }
    ov_tensor_t *mask = NULL;
    size_t mask_bytes;
    void *flags;
    check(api, api->infer_request_get_tensor(one->tokenizer, "attention_mask", &mask), "read the mask");
    check(api, api->tensor_get_byte_size(mask, &mask_bytes), "read the mask");
    check(api, api->tensor_data(mask, &flags), "read the mask");
    size_t length = shape->rank == 3 ? (size_t) shape->dims[1] : 0;
    if (length == 0 || mask_bytes != one->count * length * sizeof(int64_t) ||
        output_bytes != one->count * length * size * sizeof(float)) {
        fail("the model's output has a form that is not known here");
    }
    for (size_t row = 0; row < one->count; row++) {
        pool(output + row * length * size, (int64_t *) flags + row * length, length, size, own + row * size);
    }
    api->tensor_free(mask);
}

static void finish(encoder *with, lane *one, float *vectors) {
    if (one->count == 0) return;
    const openvino_api *api = with->api;
    check(api, api->infer_request_wait(one->encoder), "encode");
    ov_tensor_t *output = NULL;
    ov_shape_t shape;
    size_t bytes;
    void *elements;
    check(api, api->infer_request_get_output_tensor_by_index(one->encoder, 0, &output), "read the vectors");
    check(api, api->tensor_get_shape(output, &shape), "read the vectors");
    check(api, api->tensor_get_byte_size(output, &bytes), "read the vectors");
    check(api, api->tensor_data(output, &elements), "read the vectors");
    if (shape.rank < 2 || (size_t) shape.dims[0] != one->count) fail("the model gives no vector for each text");
    with->dimensions = (int) shape.dims[shape.rank - 1];
    if (vectors) take(one, api, &shape, elements, bytes, vectors);
    api->shape_free(&shape);
    api->tensor_free(output);
    one->count = 0;
}

// How many texts from that one on go together.
static size_t together(const texts *all, size_t first, batching by) {
    size_t count = by.count;
    if (by.bytes) {
        // Models cut texts, so that longer ones cost no more.
        size_t length = strlen(all->lines[first]) + 8;
        count = by.bytes / (length < 1200 ? length : 1200);
        if (count < 1) count = 1;
    }
    size_t rest = all->count - first;
    return rest < count ? rest : count;
}

void encoder_run(encoder *with, const texts *all, batching by, float *vectors) {
    int next = 0;
    for (size_t first = 0; first < all->count;) {
        lane *one = &with->lanes[next];
        next = (next + 1) % with->lane_count;
        finish(with, one, vectors);
        size_t count = together(all, first, by);
        start(with, one, all, first, count);
        first += count;
    }
    for (int i = 0; i < with->lane_count; i++) finish(with, &with->lanes[i], vectors);
}
