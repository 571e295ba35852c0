"""Any other encoder as an OpenVINO model, recorded while torch runs it. Needs torch and transformers."""

import importlib.metadata

from . import ConversionError
from .source import Source

NEEDED = ["torch", "transformers"]


def traced_model(source: Source):
    """input_ids, attention_mask: i64 [batch, length] → last_hidden_state: f32 [batch, length, hidden].

    Token types are zeros and positions count up, as transformers does where they are not given.
    """
    for package in NEEDED:
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError as error:
            raise ConversionError(
                f"a model of type {source.config.get('model_type')} is recorded with {' and '.join(NEEDED)}, and {package} is not "
                "installed: python3 -m pip install -r scripts/requirements-convert.txt"
            ) from error
    import openvino
    import torch

    body = _load(source)
    vocabulary = body.get_input_embeddings().num_embeddings
    ids = torch.arange(18).remainder(vocabulary).reshape(2, 9)
    mask = torch.ones_like(ids)
    mask[0, 6:] = 0
    with torch.no_grad():
        try:
            model = openvino.convert_model(_body(body), example_input={"input_ids": ids, "attention_mask": mask})
        except Exception as error:
            raise ConversionError(
                f"OpenVINO does not convert {type(body).__name__}: {str(error).splitlines()[0]}\nTry the export of optimum-intel, then "
                "this command on the folder that it wrote: optimum-cli export openvino --task feature-extraction --model … <folder>"
            ) from error
    for value, name in zip(model.inputs, ["input_ids", "attention_mask"]):
        value.get_node().set_element_type(openvino.Type.i64)
        value.get_node().set_partial_shape(openvino.PartialShape([-1, -1]))
        value.get_tensor().set_names({name})
    model.validate_nodes_and_infer_types()
    model.output(0).get_tensor().set_names({"last_hidden_state"})
    return model


def _load(source: Source):
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    transformers.AttentionInterface.register("indexed", transformers.integrations.sdpa_attention.sdpa_attention_forward)
    transformers.AttentionMaskInterface.register("indexed", _indexed_mask)
    how = dict(dtype=torch.float32, local_files_only=True, trust_remote_code=False)
    try:
        body = transformers.AutoModel.from_pretrained(source.body, attn_implementation="indexed", **how)
    except ValueError:  # Bodies that know no other attention than their own make their own mask, too.
        body = transformers.AutoModel.from_pretrained(source.body, attn_implementation="eager", **how)
    if body.config.is_encoder_decoder:
        raise ConversionError(f"{type(body).__name__} has a decoder besides its encoder; only encoders are converted")
    body.config.use_cache = False
    return body.eval()


def _body(body):
    import torch

    class Body(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = body

        def forward(self, input_ids, attention_mask):
            return self.body(input_ids=input_ids, attention_mask=attention_mask, return_dict=True).last_hidden_state

    return Body()


def _indexed_mask(batch_size, q_length, kv_length, mask_function, q_offset=0, kv_offset=0, attention_mask=None, dtype=None, **_):
    """Who looks at whom, by index alone: the mask that transformers makes itself cannot be recorded with lengths left open.

    The smallest number instead of minus infinity, since a padded token that sees nobody must not become NaN.
    """
    import torch

    batch = torch.arange(batch_size)[:, None, None, None]
    head = torch.arange(1)[None, :, None, None]
    query = torch.arange(q_length)[None, None, :, None] + q_offset
    key = torch.arange(kv_length)[None, None, None, :] + kv_offset
    # A mask of ones alone may come as a bare True; the comparison gives it the shape.
    sees = mask_function(batch, head, query, key) & (query >= 0) & (key >= 0)
    if attention_mask is not None:
        sees = sees & attention_mask.to(torch.bool)[:, None, None, :]
    dtype = dtype or torch.float32
    return torch.where(sees, torch.zeros((), dtype=dtype), torch.full((), torch.finfo(dtype).min, dtype=dtype))
