/// What the xml file of a graph says of it, found without OpenVINO: its layers and the edges between them.
struct GraphText {
    struct Layer {
        let id: String
        let name: String
        let type: String
        /// The attributes of its `data`, as `shape`, `offset` and `size`.
        var data: [String: String] = [:]
        /// The names of its outputs, of a result those that the model gives.
        var outputs: [String] = []
    }

    struct Edge {
        let from: String
        let fromPort: String
        let to: String
        let toPort: String
        /// Where it stands in the text.
        let place: Range<Int>
    }

    let text: [UInt8]
    private(set) var layers: [Layer] = []
    private(set) var edges: [Edge] = []
    /// Where `</layers>` stands: what comes before it is a layer of the model's own.
    private(set) var endOfLayers: Int?

    init(_ text: [UInt8]) {
        self.text = text
        var depth = 0
        for tag in XMLTags(text) {
            switch tag.name {
            case "layer":
                // The layers of a loop's body are nested in its own.
                if !tag.isEmpty { depth += 1 }
                guard depth == (tag.isEmpty ? 0 : 1) else { continue }
                layers.append(
                    Layer(
                        id: tag["id"] ?? "", name: tag["name"] ?? "", type: tag["type"] ?? "",
                        outputs: tag["output_names"].map(Self.names) ?? []))
            case "/layer": depth -= 1
            case "data" where depth == 1 && !layers.isEmpty:
                layers[layers.count - 1].data = tag.attributes
            case "port" where depth == 1 && !layers.isEmpty:
                if let names = tag["names"] { layers[layers.count - 1].outputs += Self.names(names) }
            case "edge" where depth == 0:
                edges.append(
                    Edge(
                        from: tag["from-layer"] ?? "", fromPort: tag["from-port"] ?? "",
                        to: tag["to-layer"] ?? "", toPort: tag["to-port"] ?? "", place: tag.place))
            case "/layers" where depth == 0: endOfLayers = tag.place.lowerBound
            default: break
            }
        }
    }

    /// What the model gives, by the names of its outputs; older files name them only where they come from.
    var outputs: Set<String> {
        let results = layers.filter { $0.type == "Result" }
        let named = results.flatMap(\.outputs)
        if !named.isEmpty { return Set(named) }
        let sources = Set(edges.filter { edge in results.contains { $0.id == edge.to } }.map(\.from))
        return Set(layers.filter { sources.contains($0.id) }.flatMap(\.outputs))
    }

    /// The rows of its table of positions, where the file has one under a usual name.
    var positions: Int? {
        layers.lazy.compactMap { layer -> Int? in
            guard layer.type == "Const", Self.isPositionTable(layer.name),
                let shape = layer.data["shape"]?.split(separator: ",").compactMap({
                    Int($0.drop { $0 == " " })
                }), shape.count == 2, shape[0] > 1
            else { return nil }
            return shape[0]
        }.first
    }

    func layer(_ id: String) -> Layer? {
        layers.first { $0.id == id }
    }

    func edge(into id: String, port: String) -> Edge? {
        edges.first { $0.to == id && $0.toPort == port }
    }

    private static func isPositionTable(_ name: String) -> Bool {
        ["position_embeddings.weight", "embed_positions.weight", "wpe.weight"].contains { name.contains($0) }
    }

    private static func names(_ list: String) -> [String] {
        list.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }
}
