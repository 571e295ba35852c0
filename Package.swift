// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
    name: "lockstep",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Lockstep", targets: ["Lockstep"]),
        .executable(name: "lockstep", targets: ["LockstepCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CMongoC", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "CMongoShim", dependencies: ["CMongoC"],
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "MongoBSON", dependencies: ["CMongoShim"], swiftSettings: strict),
        .target(
            name: "MongoDriver",
            dependencies: ["CMongoShim", "MongoBSON", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .target(
            name: "LockstepCore",
            dependencies: ["MongoBSON", .product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: strict),
        .target(
            name: "LockstepState", dependencies: ["LockstepCore", "MongoBSON", "MongoDriver"],
            swiftSettings: strict),
        .target(name: "LockstepReading", dependencies: ["MongoBSON"], swiftSettings: strict),
        .target(
            name: "LockstepSinks",
            dependencies: ["LockstepCore", "LockstepReading", "MongoBSON", "MongoDriver"],
            swiftSettings: strict),
        .target(
            name: "LockstepEngine",
            dependencies: [
                "LockstepCore", "LockstepSinks", "LockstepState", "MongoBSON", "MongoDriver",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "Lockstep",
            dependencies: [
                "LockstepCore", "LockstepEngine", "LockstepSinks", "LockstepState", "MongoBSON",
                "MongoDriver",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(name: "EmbeddedMongo", dependencies: ["MongoBSON", "MongoDriver"], swiftSettings: strict),
        .target(name: "COpenVINO"),
        .target(
            name: "LockstepProviders",
            dependencies: [
                "COpenVINO", "LockstepCore", "LockstepReading", "MongoBSON",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "LockstepConfiguration",
            dependencies: ["Lockstep", "LockstepProviders", "LockstepReading", "LockstepSinks", "Yams"],
            swiftSettings: strict),
        .target(name: "LockstepAPI", dependencies: ["MongoBSON"], swiftSettings: strict),
        .target(
            name: "LockstepServer",
            dependencies: [
                "Lockstep", "LockstepAPI",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Dashboard"],
            resources: [.embedInCode("API/openapi.json")],
            swiftSettings: strict,
            plugins: ["EmbedPage"]),
        .executableTarget(name: "embed-page", path: "Sources/EmbedPage", swiftSettings: strict),
        .plugin(name: "EmbedPage", capability: .buildTool(), dependencies: ["embed-page"]),
        .executableTarget(
            name: "LockstepCLI",
            dependencies: [
                "CZlib", "EmbeddedMongo", "Lockstep", "LockstepAPI", "LockstepConfiguration",
                "LockstepProviders", "LockstepReading", "LockstepServer", "LockstepSinks",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["EmbeddedMongo"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .target(
            name: "TestModels",
            dependencies: ["LockstepCore", "MongoBSON", .product(name: "Logging", package: "swift-log")],
            path: "Tests/TestModels", swiftSettings: strict),
        .testTarget(
            name: "MongoDriverTests",
            dependencies: ["LockstepCore", "MongoBSON", "MongoDriver", "TestModels"],
            swiftSettings: strict),
        .testTarget(
            name: "LockstepCoreTests",
            dependencies: [
                "LockstepCore", "LockstepEngine", "LockstepSinks", "LockstepState", "MongoBSON", "TestModels",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LockstepEngineTests",
            dependencies: [
                "Lockstep", "LockstepCore", "LockstepEngine", "LockstepSinks", "LockstepState", "MongoBSON",
                "MongoDriver", "TestModels", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .testTarget(
            name: "LockstepTests",
            dependencies: [
                "Lockstep", "LockstepCore", "LockstepEngine", "LockstepProviders", "LockstepReading",
                "LockstepSinks",
                "LockstepState", "MongoBSON",
                "MongoDriver", "EmbeddedMongo", "TestModels", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LockstepCLITests",
            dependencies: [
                "LockstepCLI", "EmbeddedMongo", "Lockstep", "LockstepAPI", "LockstepConfiguration",
                "LockstepProviders", "LockstepReading", "MongoDriver", "TestModels", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LockstepServerTests",
            dependencies: [
                "Lockstep", "LockstepAPI", "LockstepServer",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ], swiftSettings: strict),
        .testTarget(
            name: "LockstepProvidersTests",
            dependencies: [
                "Lockstep", "LockstepCore", "LockstepProviders", "LockstepReading", "MongoBSON", "TestModels",
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "LockstepConfigurationTests",
            dependencies: ["LockstepConfiguration", "LockstepProviders", "LockstepReading", "LockstepSinks"],
            swiftSettings: strict),
    ]
)

// `make fuzz` alone sets it: libFuzzer brings a main function of its own.
if Context.environment["LOCKSTEP_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["Lockstep", "LockstepEngine", "MongoDriver"], path: "Tests/Fuzz",
            swiftSettings: strict))
}

// Set by `make bench` and `scripts/count-instructions` alone: users of the library need not build them.
switch Context.environment["LOCKSTEP_BENCH"] {
case "program":
    package.targets.append(
        .executableTarget(
            name: "lockstep-bench",
            dependencies: [
                "Lockstep", "LockstepProviders", "LockstepServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ], path: "Benchmarks/Program", swiftSettings: strict))
case "hot-paths":
    package.targets.append(
        .executableTarget(
            name: "hot-paths",
            dependencies: ["Lockstep", "LockstepEngine", "LockstepSinks", "MongoDriver"],
            path: "Benchmarks/HotPaths", swiftSettings: strict)
    )
default: break
}
