// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "hash-consumer",
    platforms: [.macOS(.v15)],
    dependencies: [
        // In a project of your own: .package(url: "https://github.com/…/lockstep", from: "0.1.0")
        .package(name: "lockstep", path: "../.."),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "HashConsumer",
            dependencies: [
                .product(name: "Lockstep", package: "lockstep"),
                .product(name: "Crypto", package: "swift-crypto"),
            ])
    ]
)
