// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "audiotool", path: "..")],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                .product(name: "AudioDSP", package: "audiotool"),
                .product(name: "AudioMetrics", package: "audiotool"),
                .product(name: "ModelLibrary", package: "audiotool"),
                .product(name: "MusicRL", package: "audiotool"),
                .product(name: "NeuralCore", package: "audiotool"),
                .product(name: "ScoreDiffusion", package: "audiotool"),
                .product(name: "TargetSpeech", package: "audiotool"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
