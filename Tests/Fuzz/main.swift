import Foundation

// libFuzzer over everything that reads BSON and Extended JSON from outside; `make fuzz` builds and runs it.

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    decodeEverything(bytes)
    precondition(parseEverything(bytes), "JSON was read to bytes that are not BSON")
    return 0
}

/// libFuzzer's loop, which reads the command line and ends the process.
@_silgen_name("LLVMFuzzerRunDriver")
private func run(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

// The first argument is the directory of the corpus: it begins with right documents, as BSON and as JSON.
let corpus = URL(fileURLWithPath: CommandLine.arguments.dropFirst().first ?? ".")
for (number, document) in Seeds.documents.enumerated() {
    try Data(document.bytes).write(to: corpus.appendingPathComponent("seed-\(number).bson"))
    try Data(document.json.utf8).write(to: corpus.appendingPathComponent("seed-\(number).json"))
}

// Swift's `main` stands before libFuzzer's own.
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
_ = run(&count, &arguments) { fuzz($0, $1) }
