#include "COpenVINO.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// In the order of openvino_api, which is nothing but pointers.
static const char *const names[] = {
    "ov_get_error_info",
    "ov_get_last_err_msg",
    "ov_free",
    "ov_get_openvino_version",
    "ov_version_free",
    "ov_core_create",
    "ov_core_add_extension",
    "ov_core_get_available_devices",
    "ov_available_devices_free",
    "ov_core_read_model",
    "ov_core_read_model_from_memory_buffer",
    "ov_core_compile_model_props",
    "ov_core_free",
    "ov_model_free",
    "ov_compiled_model_inputs_size",
    "ov_compiled_model_input_by_name",
    "ov_compiled_model_output_by_name",
    "ov_compiled_model_get_property",
    "ov_compiled_model_create_infer_request",
    "ov_compiled_model_free",
    "ov_port_get_element_type",
    "ov_output_const_port_free",
    "ov_infer_request_set_tensor",
    "ov_infer_request_set_input_tensor",
    "ov_infer_request_get_tensor",
    "ov_infer_request_get_output_tensor_by_index",
    "ov_infer_request_infer",
    "ov_infer_request_start_async",
    "ov_infer_request_wait",
    "ov_infer_request_free",
    "ov_tensor_create",
    "ov_tensor_create_from_string_array",
    "ov_tensor_get_shape",
    "ov_tensor_get_size",
    "ov_tensor_get_byte_size",
    "ov_tensor_data",
    "ov_tensor_free",
    "ov_shape_free",
};
_Static_assert(sizeof(openvino_api) == sizeof(names), "one name for each pointer");

const openvino_api *openvino_load(const char *path, char *message, size_t size) {
    // Local, so that its symbols meet nobody else's.
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *reason = dlerror();
        snprintf(message, size, "%s", reason ? reason : "dlopen failed");
        return NULL;
    }
    void *pointers[sizeof(names) / sizeof(names[0])];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        pointers[i] = dlsym(library, names[i]);
        if (!pointers[i]) {
            snprintf(message, size, "%s has no function %s", path, names[i]);
            dlclose(library);
            return NULL;
        }
    }
    openvino_api *api = malloc(sizeof *api);
    if (!api) {
        snprintf(message, size, "out of memory");
        dlclose(library);
        return NULL;
    }
    memcpy(api, pointers, sizeof *api);
    return api;
}
