import Testing

@testable import TargetSpeech
