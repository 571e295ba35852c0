import LockstepConfiguration

/// A `lockstep.yaml` with comments, for somebody who sees one for the first time.
struct ConfigurationText {
    let database: String
    let uri: PlainURI
    let proposal: Proposal
    let model: ModelChoice
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
          database: \(Self.scalar(database))

        models:
        \(models)

        # Which model reads which key of which collection. What is predicted is stored in the document itself, at
        # `_outputs.<key>.<model>`, and goes and comes with the key.
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
        switch model {
        case .minilm(let directory):
            """
              # Texts to vectors of 384 numbers, in this process. Other models: `optimum-cli export openvino`.
              minilm:
                openvino: \(Self.scalar(directory))
            """
        case .program:
            """
              # Any program that answers lines of JSON; this one counts words. Put your own model into it.
              words:
                exec: [python3, \(ModelChoice.programName)]
            """
        }
    }

    private var listeners: [String] {
        var lines: [String] = []
        if proposal.listeners.isEmpty {
            lines += [
                "  # No field with texts was found: this is an example. Write your collection and key in its place.",
                "  - model: \(model.name)", "    on: \(Self.scalar(exampleCollection))", "    key: text",
            ]
        } else if case .minilm = model {
            lines.append(
                "  # Each listener computes a vector for each document: take out those that you do not need.")
        }
        for field in proposal.listeners {
            lines += [
                "  - model: \(model.name)", "    on: \(Self.scalar(field.collection))",
                "    key: \(Self.scalar(field.key))   # \(field.shape)",
            ]
        }
        if !proposal.passed.isEmpty {
            lines += ["", "  # Passed over; take away the `#` where that was wrong:"]
            for field in proposal.passed {
                let entry =
                    "{model: \(model.name), on: \(Self.scalar(field.collection)), key: \(Self.scalar(field.key))}"
                lines.append("  # - \(entry)   # \(field.reason ?? ""): \(field.shape)")
            }
        }
        if !proposal.unreachable.isEmpty {
            lines += ["", "  # Texts that no listener on this model can read:"]
            for text in proposal.unreachable {
                lines.append(
                    "  #   \(Self.scalar(text.collection)), \(Self.scalar(text.place)): \(text.reason)")
            }
        }
        if !proposal.collections.isEmpty {
            lines.append("")
            for collection in proposal.collections {
                lines.append("  # \(Self.scalar(collection.name)) \(collection.reason)")
            }
        }
        return lines
    }
}

// MARK: YAML

extension ConfigurationText {
    /// A text as YAML reads it back, whatever it holds; `${` stands for itself.
    static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map { isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") } == true
            && text.utf8.allSatisfy { isLetter($0) || 0x30...0x39 ~= $0 || "_-./".utf8.contains($0) }
            && text.utf8.contains(where: isLetter)
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n", ".nan", ".inf"].contains(
                text.lowercased())
        return isPlain ? text : quoted(text)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        0x41...0x5A ~= byte || 0x61...0x7A ~= byte
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.replacing("${", with: "$${").unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _
            where scalar.properties.generalCategory == .control || scalar.value == 0xFEFF
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
