import Alignment

/// Choices between clips, from a file.
public struct PreferenceSet: Sendable {
    /// A choice between two clips of one prompt.
    public struct Choice: Sendable {
        public var chosen: CodeSequence
        public var rejected: CodeSequence
        /// By how much the chosen one must win, in nats of the loss's argument.
        public var margin: Double

        public init(chosen: CodeSequence, rejected: CodeSequence, margin: Double = 0) {
            (self.chosen, self.rejected, self.margin) = (chosen, rejected, margin)
        }
    }

    /// A clip that was wanted or not.
    public struct Label: Sendable {
        public var clip: CodeSequence
        public var isDesirable: Bool

        public init(clip: CodeSequence, isDesirable: Bool) { (self.clip, self.isDesirable) = (clip, isDesirable) }
    }

    public var choices: [Choice]
    public var labels: [Label]

    public init(choices: [Choice], labels: [Label] = []) { (self.choices, self.labels) = (choices, labels) }

    /// What methods that need no pairs learn from: of a choice both sides.
    var allLabels: [Label] {
        choices.flatMap { [Label(clip: $0.chosen, isDesirable: true), Label(clip: $0.rejected, isDesirable: false)] } + labels
    }
}
