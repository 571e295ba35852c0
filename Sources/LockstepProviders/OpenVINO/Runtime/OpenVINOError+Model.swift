extension OpenVINOError {
    /// What to do when a model is missing or broken.
    static let modelHint = """
        Convert it again with `scripts/convert_model.py <model> <directory>` (docs/models.md); all-MiniLM-L6-v2 comes \
        with `make setup`.
        """

    static func unsupported(_ place: String, _ message: String) -> OpenVINOError {
        OpenVINOError(
            code: .modelUnsupported, operation: "use the model", place: place, message: message,
            hint:
                "Lockstep runs encoders of input_ids, attention_mask and maybe token_type_ids or position_ids. "
                + modelHint)
    }
}
