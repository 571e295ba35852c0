import LockstepCore
import MongoBSON

/// One entry of `listeners`.
package struct ListenerSpec: Sendable {
    package struct Key: Sendable {
        package let path: FieldPath
        package let line: Int

        package init(_ path: FieldPath, line: Int) {
            self.path = path
            self.line = line
        }
    }

    package let model: String
    package let modelLine: Int
    /// For messages.
    package let modelFound: String
    package let collection: String
    package let inputs: [Key]
    /// `as`: names the output in place of the key.
    package let name: String?
    /// `where`: an MQL filter on the document.
    package let filter: BSONDocument?
    package let sink: any SinkSpec
    /// Where it stands in the file.
    package let line: Int

    package init(
        model: String, modelLine: Int, modelFound: String, collection: String, inputs: [Key], name: String?,
        filter: BSONDocument?,
        sink: any SinkSpec, line: Int
    ) {
        self.model = model
        self.modelLine = modelLine
        self.modelFound = modelFound
        self.collection = collection
        self.inputs = inputs
        self.name = name
        self.filter = filter
        self.sink = sink
        self.line = line
    }
}

extension ListenerSpec {
    package var keys: [String] {
        inputs.map(\.path.text)
    }

    /// As the listener made of it has it.
    package var id: String {
        Listener.id(collection: collection, name: name, keys: keys, model: model)
    }

    /// Where in its own document the prediction is stored; nil when it is stored elsewhere.
    package var outputPath: FieldPath? {
        sink.outputPath(name: name ?? keys.first ?? "", model: model)
    }
}
