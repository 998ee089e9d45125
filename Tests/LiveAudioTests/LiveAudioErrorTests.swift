import Testing

@testable import LiveAudio
