// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "audiotool",
    products: [
        .executable(name: "audiotool", targets: ["audiotool"]),
        .library(name: "NeuralCore", targets: ["NeuralCore"]),
        .library(name: "AudioDSP", targets: ["AudioDSP"]),
        .library(name: "AudioMetrics", targets: ["AudioMetrics"]),
        .library(name: "ModelLibrary", targets: ["ModelLibrary"]),
        .library(name: "TextEncoding", targets: ["TextEncoding"]),
        .library(name: "Training", targets: ["Training"]),
        .library(name: "SpectralNetworks", targets: ["SpectralNetworks"]),
        .library(name: "ScoreDiffusion", targets: ["ScoreDiffusion"]),
        .library(name: "TargetSpeech", targets: ["TargetSpeech"]),
        .library(name: "MusicRL", targets: ["MusicRL"]),
        .library(name: "LiveAudio", targets: ["LiveAudio"]),
        .library(name: "AudioEmbeddings", targets: ["AudioEmbeddings"]),
        .library(name: "Alignment", targets: ["Alignment"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CSndfile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"]), .brew(["libsndfile"])]),
        .systemLibrary(name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"]), .brew(["fftw"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
        .systemLibrary(name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"]), .brew(["libsoxr"])]),
        .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
        .systemLibrary(name: "CMysofa", pkgConfig: "libmysofa", providers: [.apt(["libmysofa-dev"]), .brew(["libmysofa"])]),
        .systemLibrary(name: "CSpeexDSP", pkgConfig: "speexdsp", providers: [.apt(["libspeexdsp-dev"]), .brew(["speexdsp"])]),
        // No pkgConfig: its file asks for -pthread, which SwiftPM warns about and does not need.
        .systemLibrary(name: "CPortAudio", providers: [.apt(["portaudio19-dev"]), .brew(["portaudio"])]),
        .target(name: "CKernels", linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("m")]),

        .target(name: "NeuralCore", dependencies: ["CKernels", "COpenBLAS"]),
        .target(name: "AudioDSP", dependencies: ["CKernels", "CSndfile", "CFFTW", "CSoxr", "CSpeexDSP"]),
        .target(name: "AudioMetrics", dependencies: ["NeuralCore", "AudioDSP", "COpenBLAS"]),
        .target(name: "ModelLibrary", dependencies: ["NeuralCore"]),
        .target(name: "TextEncoding", dependencies: ["NeuralCore", "AudioDSP", "ModelLibrary"]),
        .target(name: "Training", dependencies: ["NeuralCore", "AudioDSP"]),
        .target(name: "SpectralNetworks", dependencies: ["NeuralCore", "AudioDSP", "CKernels"]),
        .target(
            name: "ScoreDiffusion",
            dependencies: ["NeuralCore", "AudioDSP", "AudioMetrics", "ModelLibrary", "Training", "SpectralNetworks"]),
        .target(
            name: "TargetSpeech",
            dependencies: [
                "NeuralCore", "AudioDSP", "AudioMetrics", "ModelLibrary", "Training", "SpectralNetworks", "CKernels", "CMysofa",
            ]),
        .target(
            name: "MusicRL",
            dependencies: [
                "NeuralCore", "AudioDSP", "AudioMetrics", "ModelLibrary", "TextEncoding", "Training", "Alignment", "CKernels",
            ]),
        .target(name: "LiveAudio", dependencies: ["AudioDSP", "CPortAudio"]),
        .target(
            name: "AudioEmbeddings",
            dependencies: ["NeuralCore", "AudioDSP", "AudioMetrics", "ModelLibrary", "TextEncoding", "Training"]),
        .target(
            name: "Alignment",
            dependencies: [
                "AudioEmbeddings", "AudioMetrics", "NeuralCore", "AudioDSP", "TextEncoding",
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(
            name: "audiotool",
            dependencies: [
                "ModelLibrary", "Training", "ScoreDiffusion", "TargetSpeech", "MusicRL", "LiveAudio",
                "AudioEmbeddings", "Alignment", "CCairo",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .target(name: "RealTimeChecks", path: "Tests/RealTimeChecks"),
        .target(name: "TestSupport", dependencies: ["NeuralCore", "RealTimeChecks"], path: "Tests/TestSupport"),
        .testTarget(name: "NeuralCoreTests", dependencies: ["NeuralCore", "TestSupport"]),
        .testTarget(name: "AudioDSPTests", dependencies: ["AudioDSP", "TestSupport"]),
        .testTarget(name: "AudioMetricsTests", dependencies: ["AudioMetrics", "TestSupport"]),
        .testTarget(name: "ModelLibraryTests", dependencies: ["ModelLibrary", "TestSupport"]),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
        .testTarget(name: "ScoreDiffusionTests", dependencies: ["ScoreDiffusion", "Training", "TestSupport"]),
        .testTarget(name: "TargetSpeechTests", dependencies: ["TargetSpeech", "Training", "TestSupport"]),
        .testTarget(name: "TextEncodingTests", dependencies: ["TextEncoding", "TestSupport"]),
        .testTarget(name: "MusicRLTests", dependencies: ["MusicRL", "TextEncoding", "Alignment", "Training", "TestSupport"]),
        .testTarget(name: "LiveAudioTests", dependencies: ["LiveAudio", "TestSupport"]),
        .testTarget(
            name: "AudioEmbeddingsTests",
            dependencies: ["AudioEmbeddings", "ModelLibrary", "TextEncoding", "Training", "TestSupport"]),
        .testTarget(name: "AlignmentTests", dependencies: ["Alignment", "AudioEmbeddings", "AudioMetrics", "TestSupport"]),
        .testTarget(
            name: "audiotoolTests",
            dependencies: [
                "audiotool", "ModelLibrary", "ScoreDiffusion", "TargetSpeech", "MusicRL", "LiveAudio",
                "AudioEmbeddings", "Alignment", "AudioDSP", "CCairo", "TestSupport",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
