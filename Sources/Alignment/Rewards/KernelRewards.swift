import AudioEmbeddings
import AudioMetrics

/// Minus a kernel distance of the stretches of all clips to a reference set: the kernel audio distance, or the squared
/// maximum mean discrepancy with the same kernel.
public struct KernelReward: SetReward {
    public enum Measure: Sendable, Equatable {
        /// 100 times the unbiased squared discrepancy.
        case kernelAudioDistance
        case squaredMMD(KernelDistance.Estimator)
    }

    public let name: String
    private let encoder: any AudioEncoder
    private let exemplars: Exemplars
    private let measure: Measure
    private let reference: Shared

    /// What all batches share; its identity tells rewards apart.
    private final class Shared: Sendable {
        let kernel: KernelReference
        init(_ kernel: KernelReference) { self.kernel = kernel }
    }

    /// - Throws: `EmbeddingError` for a reference set without two different embeddings.
    public init(
        name: String = "kad", encoder: any AudioEncoder, exemplars: Exemplars, measure: Measure = .kernelAudioDistance
    ) throws {
        (self.name, self.encoder, self.exemplars, self.measure) = (name, encoder, exemplars, measure)
        let kernel = EmbeddingKernel.gaussian(bandwidth: try KernelDistance.medianDistance(within: exemplars.embeddings))
        reference = Shared(try KernelReference(exemplars.embeddings, kernel: kernel))
    }

    public var remarks: [String] {
        let kernel = "Gaussian of the reference's median distance"
        return ["\(name): kernel distance of all clips to \(exemplars.description) by \(encoder.name), \(kernel)", encoder.rule]
    }

    public func score(of batch: ClipBatch, members: [Int]) throws -> SetScore {
        try SetReferences.defined(name) {
            let estimator: KernelDistance.Estimator = if case .squaredMMD(let estimator) = measure { estimator } else { .unbiased }
            // Sets that have most clips in common are asked about one after the other.
            let sums = try batch.once(for: reference) { try KernelSums(batch.embeddings(by: encoder), reference: reference.kernel) }
            let distance = try sums.squaredMMD(of: members, estimator: estimator)
            let scale = measure == .kernelAudioDistance ? 100.0 : 1
            return SetScore(Score(distance: scale * distance.value), warnings: distance.warnings.map(\.description))
        }
    }
}

/// How many different clips there are, in effect: the Vendi score of the clips' embeddings under their cosine.
public struct VendiReward: SetReward {
    public let name: String
    private let encoder: any AudioEncoder
    private let order: Double

    public init(name: String = "vendi", encoder: any AudioEncoder, order: Double = 1) {
        (self.name, self.encoder, self.order) = (name, encoder, order)
    }

    public var remarks: [String] { ["\(name): effective number of different clips by \(encoder.name)", encoder.rule] }

    public func score(of batch: ClipBatch, members: [Int]) throws -> SetScore {
        try SetReferences.defined(name) {
            let summaries = try batch.summaries(by: encoder)
            let set = try EmbeddingSet(members.flatMap { summaries[$0] }, count: members.count, dimension: encoder.dimension)
            return SetScore(Score(try VendiScore.score(set, order: order)))
        }
    }
}

extension KernelReward {
    static let definition = RewardDefinition(
        name: "kad", summary: "kernel audio distance of all clips to a reference set"
    ) { settings, context in
        let reference = try context.reference(of: settings)
        return try KernelReward(
            name: settings.label("kad"), encoder: reference.encoder, exemplars: reference.exemplars)
    }

    static let discrepancyDefinition = RewardDefinition(
        name: "mmd", summary: "squared maximum mean discrepancy of all clips to a reference set"
    ) { settings, context in
        let reference = try context.reference(of: settings)
        let isBiased = try settings.flag("biased") ?? false
        return try KernelReward(
            name: settings.label("mmd"), encoder: reference.encoder, exemplars: reference.exemplars,
            measure: .squaredMMD(isBiased ? .biased : .unbiased))
    }
}

extension VendiReward {
    static let definition = RewardDefinition(name: "vendi", summary: "effective number of different clips") { settings, context in
        let order = try settings.number("order") ?? 1
        guard order > 0 else { throw settings.fault("order", "must be above 0, not \(order)") }
        return VendiReward(name: try settings.label("vendi"), encoder: try context.encoder(settings.encoder()), order: order)
    }
}
