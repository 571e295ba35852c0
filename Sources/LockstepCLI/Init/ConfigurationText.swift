import LockstepConfiguration
import LockstepCore
import LockstepProviders
import LockstepReading
import LockstepSinks

/// A `lockstep.yaml` with comments, for somebody who sees one for the first time.
struct ConfigurationText {
    let database: String
    let uri: PlainURI
    let proposal: Proposal
    let model: ModelProposal
    /// Models that may stand in its place, as comments.
    let alternatives: [ModelProposal]
    /// For what changes something over HTTP.
    let token: String
    /// Of a collection that does not exist yet, for an example.
    let exampleCollection: String

    var text: String {
        """
        # yaml-language-server: $schema=\(ConfigurationSchema.fileName)
        # Lockstep keeps the predictions below in step with the data, whoever writes it.
        # After a change here: `lockstep check`, then `lockstep reload`. A token stands in this file: keep it to yourself.

        mongodb:
          \(uriLines)
          database: \(YAMLText.scalar(database))

        models:
        \(models)

        # Which model reads which key of which collection. What is predicted is stored in the document itself, at
        # `\(OutputPlace.outputs).<key>.<model>`, and goes and comes with the key.
        listeners:
        \(listeners.joined(separator: "\n"))

        # `lockstep run` serves its state here, for people (the page at /), Prometheus (/metrics) and programs.
        # Off with `server: off`.
        server:
          host: 127.0.0.1
          port: 7077
          # What changes something, as to pause a listener, must bring it as `Authorization: Bearer <token>`.
          token: "\(token)"

        """
    }

    private var uriLines: String {
        guard let text = uri.text else {
            return "# Keep passwords out of this file.\n  uri: ${MONGODB_URI}"
        }
        let comment =
            uri.isReduced
            ? "# $MONGODB_URI, or what is behind `:-`, which has no user and no password. Keep them out of this file."
            : "# $MONGODB_URI, or the default behind `:-`. Keep passwords out of this file."
        return "\(comment)\n  uri: ${MONGODB_URI:-\(text)}"
    }

    private var models: String {
        var lines = ["  # \(model.about)"] + entry(model)
        for alternative in alternatives {
            lines += ["", "  # \(alternative.about)"] + entry(alternative).map { "  # \($0.dropFirst(2))" }
        }
        if !alternatives.isEmpty {
            lines.append("  # To take one, take away its `#` and write its name at the listeners.")
        }
        return lines.joined(separator: "\n")
    }

    private func entry(_ model: ModelProposal) -> [String] {
        ["  \(model.name):"] + model.lines.map { "    \($0)" }
    }

    private func entry(_ field: Proposal.Field) -> [String] {
        [
            "  - model: \(model.name)", "    on: \(YAMLText.scalar(field.collection))",
            "    key: \(YAMLText.scalar(field.key))   # \(field.shape)",
        ]
    }

    private var listeners: [String] {
        var lines: [String] = []
        if let example = proposal.example {
            lines += [
                "  # No field was proposed. This one was passed over (\(example.reason ?? "")): keep it where that was wrong,",
                "  # else write your collection and key in its place.",
            ]
            lines += entry(example)
        } else if proposal.listeners.isEmpty {
            lines += [
                "  # \(proposal.nothingFound): this is an example. Write your collection and key in its place.",
                "  - model: \(model.name)", "    on: \(YAMLText.scalar(exampleCollection))", "    key: text",
            ]
        } else if let advice = model.advice {
            lines.append("  # \(advice)")
        }
        for field in proposal.listeners { lines += entry(field) }
        // What is the example stands there already.
        let passed = proposal.passed.filter { $0 != proposal.example }
        if !passed.isEmpty {
            lines += ["", "  # Passed over; take away the `#` where that was wrong:"]
            for field in passed {
                let entry =
                    "{model: \(model.name), on: \(YAMLText.scalar(field.collection)), key: \(YAMLText.scalar(field.key))}"
                lines.append("  # - \(entry)   # \(field.reason ?? ""): \(field.shape)")
            }
        }
        if !proposal.unreachable.isEmpty {
            lines += ["", "  # Texts that no listener on this model can read:"]
            for text in proposal.unreachable {
                lines.append(
                    "  #   \(YAMLText.scalar(text.collection)), \(YAMLText.scalar(text.place)): \(text.reason)"
                )
            }
        }
        if !proposal.collections.isEmpty {
            lines.append("")
            for collection in proposal.collections {
                lines.append("  # \(YAMLText.scalar(collection.name)) \(collection.reason)")
            }
        }
        return lines
    }
}
