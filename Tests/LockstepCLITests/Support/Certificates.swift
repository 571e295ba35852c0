import Foundation
import Testing
import TestSupport

/// Certificates of an authority of its own, made fresh by the `openssl` command in a temporary folder.
final class Certificates: Sendable {
    let folder: String
    /// The authority's certificate.
    let authority: String

    init() throws {
        folder = TestServer.temporaryDirectory("certificates")
        authority = folder + "/authority.pem"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try openssl(
            ["req", "-x509", "-days", "2", "-subj", "/O=lockstep/CN=authority", "-out", authority]
                + newKey("authority"))
    }

    /// A file with a certificate and its key, for `tlsCertificateKeyFile`.
    ///
    /// - Parameter days: below 0 it has expired.
    func make(
        _ name: String, subject: String = "/O=lockstep/CN=server", names: String, days: Int = 2
    ) throws -> String {
        let (request, certificate) = ("\(folder)/\(name).csr", "\(folder)/\(name).crt")
        try openssl(
            ["req", "-subj", subject, "-addext", "subjectAltName=\(names)", "-out", request] + newKey(name))
        try openssl([
            "x509", "-req", "-in", request, "-CA", authority, "-CAkey", "\(folder)/authority.key",
            "-CAcreateserial", "-copy_extensions", "copy", "-days", String(days), "-out", certificate,
        ])
        return try join(["\(name).key", "\(name).crt"], as: name)
    }

    /// The same certificate with its key encrypted.
    func encrypt(_ name: String, password: String) throws -> String {
        try Data(password.utf8).write(to: URL(fileURLWithPath: folder + "/password"))
        try openssl([
            "pkey", "-in", "\(folder)/\(name).key", "-aes256", "-passout", "file:\(folder)/password", "-out",
            "\(folder)/\(name)-encrypted.key",
        ])
        return try join(["\(name)-encrypted.key", "\(name).crt"], as: name + "-encrypted")
    }

    /// A file of the contents of others.
    func join(_ names: [String], as name: String) throws -> String {
        let all = try names.map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
        let path = "\(folder)/\(name).pem"
        try Data(all.joined()).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func newKey(_ name: String) -> [String] {
        [
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            "\(folder)/\(name).key",
        ]
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl: \(String(decoding: said, as: UTF8.self))")
    }
}
