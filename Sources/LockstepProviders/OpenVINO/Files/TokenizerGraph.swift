/// A tokenizer's graph with its truncation taken out: how long a text really is shows only without it.
///
/// The operation that truncates has the length as an input. That input is given a constant of our own, which no text
/// reaches.
struct TokenizerGraph {
    /// The changed xml, or the given one where nothing truncates or how it does is not known.
    let xml: [UInt8]
    /// The weights, with our constant behind them.
    let bin: [UInt8]
    /// Tokens that it would have left, those that open and close a text among them; nil when it truncates none.
    let limit: Int?

    /// As the tokenizers' own converter writes "none"; a sum of two fits in 32 bits.
    private static let none = Int32.max - 64

    init(xml: [UInt8], bin: [UInt8]) {
        let graph = GraphText(xml)
        let lengths = Self.lengths(of: graph)
        limit = lengths.compactMap { Self.length(graph, $0, bin) }.min().map { $0 + Self.added(graph) }
        // Where it is chosen, the choice stays, between two that are alike: without it the model does not compile.
        let edges = lengths.map { edge in
            graph.layer(edge.from)?.type == "Select" ? graph.edge(into: edge.from, port: "1") ?? edge : edge
        }
        guard !edges.isEmpty, let end = graph.endOfLayers else {
            (self.xml, self.bin) = (xml, bin)
            return
        }
        // A layer's number is any that no other has.
        let id = "\((graph.layers.compactMap { Int($0.id) }.max() ?? 0) + 1)"
        let layer = """
            <layer id="\(id)" name="no_truncation" type="Const" version="opset1"><data element_type="i32" shape="" \
            offset="\(bin.count)" size="4" /><output><port id="0" precision="I32" /></output></layer>
            """
        var changed = Array(xml[..<end])
        changed += Array(layer.utf8)
        var position = end
        for edge in edges.sorted(by: { $0.place.lowerBound < $1.place.lowerBound }) {
            changed += xml[position..<edge.place.lowerBound]
            let text =
                "<edge from-layer=\"\(id)\" from-port=\"0\" to-layer=\"\(edge.to)\" to-port=\"\(edge.toPort)\" />"
            changed += Array(text.utf8)
            position = edge.place.upperBound
        }
        changed += xml[position...]
        self.xml = changed
        self.bin = bin + withUnsafeBytes(of: Self.none.littleEndian) { Array($0) }
    }

    /// The inputs that say how long a text may be.
    private static func lengths(of graph: GraphText) -> [GraphText.Edge] {
        graph.layers.compactMap { layer in
            switch layer.type {
            case "Truncate":
                // Three inputs for each text of a pair come first.
                let texts = layer.data["m_num_inputs"].flatMap { Int($0) } ?? 1
                return graph.edge(into: layer.id, port: "\(3 * texts)")
            case "Minimum":
                // Before there was an operation for it: the lesser of the length (end - begin) and a constant.
                let inputs = ["0", "1"].compactMap { graph.edge(into: layer.id, port: $0) }
                let types = inputs.map { graph.layer($0.from)?.type }
                guard types.contains("Subtract"), let place = types.firstIndex(of: "Const") else {
                    return nil
                }
                return inputs[place]
            default: return nil
            }
        }
    }

    /// The tokens that are put around a text: the pieces that are constants of what joins them.
    private static func added(_ graph: GraphText) -> Int {
        guard let join = graph.layers.first(where: { $0.type == "CombineSegments" }) else { return 0 }
        let pieces = graph.edges.count { $0.to == join.id } / 3
        return (0..<pieces).reduce(0) { sum, piece in
            guard let edge = graph.edge(into: join.id, port: "\(3 * piece + 2)"),
                let layer = graph.layer(edge.from), layer.type == "Const"
            else { return sum }
            return sum + (layer.data["size"].flatMap { Int($0) } ?? 0) / MemoryLayout<Int32>.size
        }
    }

    /// The constant behind the edge; where it is chosen, the one that is by default.
    private static func length(_ graph: GraphText, _ edge: GraphText.Edge, _ bin: [UInt8]) -> Int? {
        guard let layer = graph.layer(edge.from) else { return nil }
        switch layer.type {
        case "Const":
            let length = constant(layer, bin).map(Int.init)
            return length.flatMap { $0 < Int(none) / 2 ? $0 : nil }
        case "Select":
            guard let choice = graph.edge(into: layer.id, port: "0"), isOn(graph, choice, bin) else {
                return nil
            }
            return graph.edge(into: layer.id, port: "1").flatMap { length(graph, $0, bin) }
        default: return nil
        }
    }

    /// Whether a condition is true at first.
    private static func isOn(_ graph: GraphText, _ edge: GraphText.Edge, _ bin: [UInt8]) -> Bool {
        guard let layer = graph.layer(edge.from) else { return false }
        if layer.type == "Const" { return place(layer, bin).map { bin[$0.lowerBound] != 0 } ?? false }
        // A variable begins with the value of its input.
        return layer.type == "ReadValue"
            && graph.edge(into: layer.id, port: "0").map { isOn(graph, $0, bin) } ?? false
    }

    private static func constant(_ layer: GraphText.Layer, _ bin: [UInt8]) -> Int64? {
        guard let place = place(layer, bin), place.count == 4 || place.count == 8 else { return nil }
        let bits = bin[place].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return place.count == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
    }

    private static func place(_ layer: GraphText.Layer, _ bin: [UInt8]) -> Range<Int>? {
        guard let offset = layer.data["offset"].flatMap({ Int($0) }),
            let size = layer.data["size"].flatMap({ Int($0) }), offset >= 0, size > 0, size <= bin.count,
            offset <= bin.count - size
        else { return nil }
        return offset..<offset + size
    }
}
