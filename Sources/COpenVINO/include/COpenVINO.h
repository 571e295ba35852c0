#ifndef COPENVINO_H
#define COPENVINO_H

// The part of OpenVINO's C API that Lockstep calls, as pointers into a library loaded at run time:
// nothing of OpenVINO is needed to build or to link. After openvino/c/*.h of 2026.4; every function
// and what it owns is documented there. Enumerations are plain ints: their values move with versions.

#include <stddef.h>
#include <stdint.h>

typedef struct ov_core ov_core_t;
typedef struct ov_model ov_model_t;
typedef struct ov_compiled_model ov_compiled_model_t;
typedef struct ov_infer_request ov_infer_request_t;
typedef struct ov_tensor ov_tensor_t;
typedef struct ov_output_const_port ov_output_const_port_t;

// 0 is success; everything else is an error.
typedef int ov_status_t;

typedef struct {
    int64_t rank;
    int64_t *_Nullable dims;
} ov_shape_t;

typedef struct {
    const char *_Nonnull key;
    const void *_Nonnull value;  // of the properties used here: a string
} ov_property_t;

typedef struct {
    const char *_Nullable build_number;
    const char *_Nullable description;
} ov_version_t;

typedef struct {
    char *_Nullable *_Nullable devices;
    size_t size;
} ov_available_devices_t;

typedef struct {
    const char *_Nonnull (*_Nonnull get_error_info)(ov_status_t status);
    const char *_Nullable (*_Nonnull get_last_err_msg)(void);
    void (*_Nonnull free)(const char *_Nullable content);

    ov_status_t (*_Nonnull get_version)(ov_version_t *_Nonnull version);
    void (*_Nonnull version_free)(ov_version_t *_Nonnull version);

    ov_status_t (*_Nonnull core_create)(ov_core_t *_Nullable *_Nonnull core);
    ov_status_t (*_Nonnull core_add_extension)(const ov_core_t *_Nonnull core, const char *_Nonnull path);
    ov_status_t (*_Nonnull core_get_available_devices)(const ov_core_t *_Nonnull core,
                                                       ov_available_devices_t *_Nonnull devices);
    void (*_Nonnull available_devices_free)(ov_available_devices_t *_Nonnull devices);
    ov_status_t (*_Nonnull core_read_model)(const ov_core_t *_Nonnull core, const char *_Nonnull xml,
                                            const char *_Nonnull bin, ov_model_t *_Nullable *_Nonnull model);
    // The model shares the memory of `weights`, and holds it as long as it needs it.
    ov_status_t (*_Nonnull core_read_model_from_memory_buffer)(const ov_core_t *_Nonnull core,
                                                               const char *_Nonnull xml, size_t length,
                                                               const ov_tensor_t *_Nonnull weights,
                                                               ov_model_t *_Nullable *_Nonnull model);
    ov_status_t (*_Nonnull core_compile_model_props)(const ov_core_t *_Nonnull core,
                                                     const ov_model_t *_Nonnull model,
                                                     const char *_Nonnull device, size_t count,
                                                     const ov_property_t *_Nullable properties,
                                                     ov_compiled_model_t *_Nullable *_Nonnull compiled);
    void (*_Nonnull core_free)(ov_core_t *_Nonnull core);
    void (*_Nonnull model_free)(ov_model_t *_Nonnull model);

    ov_status_t (*_Nonnull compiled_model_inputs_size)(const ov_compiled_model_t *_Nonnull compiled,
                                                       size_t *_Nonnull size);
    ov_status_t (*_Nonnull compiled_model_input_by_name)(const ov_compiled_model_t *_Nonnull compiled,
                                                         const char *_Nonnull name,
                                                         ov_output_const_port_t *_Nullable *_Nonnull port);
    ov_status_t (*_Nonnull compiled_model_output_by_name)(const ov_compiled_model_t *_Nonnull compiled,
                                                          const char *_Nonnull name,
                                                          ov_output_const_port_t *_Nullable *_Nonnull port);
    ov_status_t (*_Nonnull compiled_model_get_property)(const ov_compiled_model_t *_Nonnull compiled,
                                                        const char *_Nonnull key,
                                                        char *_Nullable *_Nonnull value);
    ov_status_t (*_Nonnull compiled_model_create_infer_request)(const ov_compiled_model_t *_Nonnull compiled,
                                                                ov_infer_request_t *_Nullable *_Nonnull request);
    void (*_Nonnull compiled_model_free)(ov_compiled_model_t *_Nonnull compiled);
    ov_status_t (*_Nonnull port_get_element_type)(const ov_output_const_port_t *_Nonnull port,
                                                  int *_Nonnull type);
    void (*_Nonnull output_const_port_free)(ov_output_const_port_t *_Nonnull port);

    ov_status_t (*_Nonnull infer_request_set_tensor)(ov_infer_request_t *_Nonnull request,
                                                     const char *_Nonnull name,
                                                     const ov_tensor_t *_Nonnull tensor);
    ov_status_t (*_Nonnull infer_request_set_input_tensor)(ov_infer_request_t *_Nonnull request,
                                                           const ov_tensor_t *_Nonnull tensor);
    ov_status_t (*_Nonnull infer_request_get_tensor)(const ov_infer_request_t *_Nonnull request,
                                                     const char *_Nonnull name,
                                                     ov_tensor_t *_Nullable *_Nonnull tensor);
    ov_status_t (*_Nonnull infer_request_get_output_tensor_by_index)(const ov_infer_request_t *_Nonnull request,
                                                                     size_t index,
                                                                     ov_tensor_t *_Nullable *_Nonnull tensor);
    ov_status_t (*_Nonnull infer_request_infer)(ov_infer_request_t *_Nonnull request);
    ov_status_t (*_Nonnull infer_request_start_async)(ov_infer_request_t *_Nonnull request);
    ov_status_t (*_Nonnull infer_request_wait)(ov_infer_request_t *_Nonnull request);
    void (*_Nonnull infer_request_free)(ov_infer_request_t *_Nonnull request);

    ov_status_t (*_Nonnull tensor_create)(int type, ov_shape_t shape,
                                          ov_tensor_t *_Nullable *_Nonnull tensor);
    ov_status_t (*_Nonnull tensor_create_from_string_array)(const char *_Nonnull const *_Nonnull strings,
                                                            size_t count, ov_shape_t shape,
                                                            ov_tensor_t *_Nullable *_Nonnull tensor);
    ov_status_t (*_Nonnull tensor_get_shape)(const ov_tensor_t *_Nonnull tensor, ov_shape_t *_Nonnull shape);
    ov_status_t (*_Nonnull tensor_get_size)(const ov_tensor_t *_Nonnull tensor, size_t *_Nonnull elements);
    ov_status_t (*_Nonnull tensor_get_byte_size)(const ov_tensor_t *_Nonnull tensor, size_t *_Nonnull bytes);
    ov_status_t (*_Nonnull tensor_data)(const ov_tensor_t *_Nonnull tensor,
                                        void *_Nullable *_Nonnull data);
    void (*_Nonnull tensor_free)(ov_tensor_t *_Nonnull tensor);
    ov_status_t (*_Nonnull shape_free)(ov_shape_t *_Nonnull shape);
} openvino_api;

/// Loads libopenvino_c from `path` and finds every function. The library stays loaded until the process
/// ends, and so does the result. NULL on failure; `message` (`size` bytes, NUL-terminated) then says why.
const openvino_api *_Nullable openvino_load(const char *_Nonnull path, char *_Nonnull message, size_t size);

#endif
