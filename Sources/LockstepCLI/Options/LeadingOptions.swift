import ArgumentParser

/// Options that stand before the command: the parser knows them behind it only.
enum LeadingOptions {
    /// The names of ``CommonOptions``, and which of them take a value.
    static let takesValue = [
        "-c": true, "--config": true, "--log-level": true, "--log-format": true, "--json": false,
    ]

    struct Split {
        /// The command's words.
        var words: [String] = []
        /// The options that stood before or between them.
        var options: [String] = []
        /// What follows.
        var rest: [String] = []
        /// The commands that the last of the words has.
        var subcommands: [String] = []
    }

    static func split(_ arguments: [String], in root: any ParsableCommand.Type) -> Split {
        var command = root
        var split = Split(rest: arguments)
        while true {
            let subcommands = command.configuration.subcommands
            split.subcommands = subcommands.map(name(of:))
            guard !subcommands.isEmpty, let next = split.rest.first else { return split }
            let option = next.hasPrefix("--") ? String(next.prefix { $0 != "=" }) : next
            if let takesValue = takesValue[option] {
                let count = takesValue && option == next ? 2 : 1
                split.options += split.rest.prefix(count)
                split.rest = Array(split.rest.dropFirst(count))
            } else if let place = split.subcommands.firstIndex(of: next) {
                split.words.append(next)
                split.rest.removeFirst()
                command = subcommands[place]
            } else {
                return split
            }
        }
    }

    /// The same arguments in the order in which the parser takes them.
    static func sorted(_ arguments: [String], in root: any ParsableCommand.Type) -> [String] {
        let split = split(arguments, in: root)
        return split.words.isEmpty ? split.rest + split.options : split.words + split.options + split.rest
    }

    /// As it is typed.
    static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }
}
