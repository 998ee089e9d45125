import TestSupport

/// How far a network may be from a reference set, relative L2 per tensor: five to ten times what the reference's own
/// float32 differs from its float64, most of which comes from the time embedding.
struct NetworkTolerance {
    var output: Double
    var gradient: Double

    /// For sets that the table does not name.
    static let standard = NetworkTolerance(output: 1e-4, gradient: 1e-3)

    /// Sets whose times and structure lose less.
    private static let tight = NetworkTolerance(output: 5e-5, gradient: 5e-4)
    private static let known = [
        "ncsnpp_deep": tight, "ncsnpp_cat": tight, "ncsnpp_ddpm": tight, "ncsnpp_resin": tight, "ncsnpp_nofir": tight,
        "dcunet_tiny": NetworkTolerance(output: 2e-5, gradient: 1e-4),
    ]

    init(output: Double, gradient: Double) {
        self.output = output
        self.gradient = gradient
    }

    init(of set: Fixture) { self = Self.known[set.folder.lastPathComponent] ?? .standard }
}
