/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.net.switching.policy;

/**
 * What holds for the whole switch.
 *
 * @param stations how many stations it can know
 * @param ageingSeconds after what time of silence a station is forgotten
 * @param snooping whether multicast goes only where IGMP and MLD say that somebody listens
 */
public record SwitchSettings(int stations, int ageingSeconds, boolean snooping) {

    /** Room for 8192 stations, which are forgotten after 300 seconds (IEEE Std 802.1D-2004, table 7-5); no snooping. */
    public static final SwitchSettings DEFAULT = new SwitchSettings(8192, 300, false);

    private static final int MAX_STATIONS = 1 << 28;

    /** IEEE Std 802.1D-2004, table 7-5. */
    private static final int MAX_AGEING = 1_000_000;

    /** Checks the ranges. */
    public SwitchSettings {
        if (stations < 1 || stations > MAX_STATIONS) {
            throw new IllegalArgumentException(
                    "no such size of the table of stations: stations=" + stations + " (expected: 1 to 268435456)");
        }
        if (ageingSeconds < 1 || ageingSeconds > MAX_AGEING) {
            throw new IllegalArgumentException(
                    "no such ageing time: seconds=" + ageingSeconds + " (expected: 1 to 1000000)");
        }
    }

    /** These settings with another size of the table of stations. */
    public SwitchSettings withStations(int number) {
        return new SwitchSettings(number, ageingSeconds, snooping);
    }

    /** These settings with another ageing time. */
    public SwitchSettings withAgeingSeconds(int seconds) {
        return new SwitchSettings(stations, seconds, snooping);
    }

    /** These settings with snooping, or without. */
    public SwitchSettings withSnooping(boolean on) {
        return new SwitchSettings(stations, ageingSeconds, on);
    }
}
