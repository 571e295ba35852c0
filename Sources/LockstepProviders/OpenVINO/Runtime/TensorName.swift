/// How exported models name what they are fed with.
enum TensorName {
    static let ids = "input_ids"
    static let mask = "attention_mask"
    static let types = "token_type_ids"
    static let positions = "position_ids"
}
