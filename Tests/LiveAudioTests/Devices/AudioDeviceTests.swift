import Testing

@testable import LiveAudio

@Suite struct AudioDeviceTests {
    private let devices = [
        AudioDevice(index: 0, name: "HDA Intel: Analog", hostAPI: "ALSA", inputChannels: 2, outputChannels: 2, defaultSampleRate: 48_000),
        AudioDevice(index: 1, name: "USB Headset", hostAPI: "ALSA", inputChannels: 1, outputChannels: 2, defaultSampleRate: 44_100, isDefaultInput: true),
        AudioDevice(index: 2, name: "USB Loudspeaker", hostAPI: "ALSA", inputChannels: 0, outputChannels: 2, defaultSampleRate: 44_100, isDefaultOutput: true),
    ]

    @Test func namesAndNumbers() throws {
        #expect(try devices.find(nil, for: .input).index == 1)
        #expect(try devices.find(nil, for: .output).index == 2)
        #expect(try devices.find("0", for: .input).index == 0)
        #expect(try devices.find("headset", for: .output).index == 1)
        // Only one of them can do that.
        #expect(try devices.find("usb", for: .input).index == 1)
        #expect(try devices.find("USB Loudspeaker", for: .output).index == 2)
    }

    @Test func whatThereIsNot() {
        #expect(throws: LiveAudioError.ambiguousDevice(name: "usb", candidates: ["USB Headset", "USB Loudspeaker"])) {
            try devices.find("usb", for: .output)
        }
        let unknown = #expect(throws: LiveAudioError.self) { try devices.find("2", for: .input) }
        #expect(unknown?.localizedDescription.contains("--list-devices") == true)
        let none = #expect(throws: LiveAudioError.self) { try [AudioDevice]().find(nil, for: .input) }
        #expect(none?.localizedDescription == "no input device; give --input FILE or pipe audio in.")
        #expect(throws: LiveAudioError.noOutputDevice) { try [AudioDevice]().find("x", for: .output) }
    }
}
