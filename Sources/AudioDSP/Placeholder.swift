enum AudioDSPPlaceholder {}
