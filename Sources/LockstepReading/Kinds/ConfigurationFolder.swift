import Foundation

/// The folder of `lockstep.yaml`: paths in the file are relative to it.
package struct ConfigurationFolder: Hashable, Sendable {
    /// Absolute.
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// A path of the file, absolute.
    package func resolve(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(self.path)/\(path)"
    }

    /// True for an absolute path that leads into the folder.
    package func contains(_ path: String) -> Bool {
        path.hasPrefix(self.path + "/")
    }

    /// True for an absolute path of a regular file.
    package static func isFile(_ path: String) -> Bool {
        let type = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isRegularFileKey])
        return type?.isRegularFile == true
    }
}
