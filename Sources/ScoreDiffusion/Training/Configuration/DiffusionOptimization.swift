import NeuralCore
import Training

/// The optimiser's settings and those of diffusion time, in one JSON object.
@dynamicMemberLookup
public struct DiffusionOptimization: Codable, Sendable, Equatable {
    public var general = OptimizationSettings()
    /// Share of a batch whose diffusion time is 1, where sampling starts.
    public var endTimeShare: Float = 0.25
    /// Smallest diffusion time.
    public var minimumTime: Float = 0.02

    public init() {}

    public subscript<Value>(dynamicMember path: WritableKeyPath<OptimizationSettings, Value>) -> Value {
        get { general[keyPath: path] }
        set { general[keyPath: path] = newValue }
    }

    private enum Key: CodingKey {
        case endTimeShare, minimumTime
    }

    public init(from decoder: Decoder) throws {
        general = try OptimizationSettings(from: decoder)
        let container = try decoder.container(keyedBy: Key.self)
        endTimeShare = try container.decode(Float.self, forKey: .endTimeShare)
        minimumTime = try container.decode(Float.self, forKey: .minimumTime)
    }

    public func encode(to encoder: Encoder) throws {
        try general.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(endTimeShare, forKey: .endTimeShare)
        try container.encode(minimumTime, forKey: .minimumTime)
    }

    func validate() throws {
        try general.validate()
        guard (0...1).contains(endTimeShare) else {
            throw TrainingError.invalidSetting("optimization.endTimeShare", "must be from 0 to 1, not \(endTimeShare)")
        }
        guard minimumTime > 0 && minimumTime < 1 else {
            throw TrainingError.invalidSetting("optimization.minimumTime", "must be between 0 and 1, not \(minimumTime)")
        }
    }

    /// Every so many items of a batch have time 1, as ``endTimeShare`` says; the others are uniform.
    func time(ofItem item: Int, using random: inout Philox) -> Float {
        let drawn = random.uniform(in: Interval(minimumTime, 1))
        let isEnd = (Float(item + 1) * endTimeShare).rounded(.down) > (Float(item) * endTimeShare).rounded(.down)
        return isEnd ? 1 : drawn
    }
}
