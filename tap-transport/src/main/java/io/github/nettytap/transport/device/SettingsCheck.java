/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

import java.util.Set;

/** Everything about the settings of a device that can be found wrong without the kernel. */
final class SettingsCheck {

    private static final int MAX_QUEUES = 256;
    private static final Set<Integer> HEADER_SIZES = Set.of(0, 10, 12, 20, 24);
    private static final int MIN_MTU = 68;
    private static final int MAX_MTU = 65521;

    private final TapDeviceBuilder settings;
    private final String device;

    SettingsCheck(TapDeviceBuilder settings) {
        this.settings = settings;
        device = settings.name();
    }

    void run() throws TapException {
        String fault = InterfaceName.fault(device);
        if (!fault.isEmpty()) {
            throw AttachErrors.invalidName(device, fault);
        }
        checkQueuesAndHeader();
        checkLink();
        checkKind();
    }

    private void checkQueuesAndHeader() throws TapException {
        refuseIf(
                settings.queues() < 1 || settings.queues() > MAX_QUEUES,
                "a device has 1 to 256 queues, not " + settings.queues(),
                "One queue for each event loop is enough");
        refuseIf(
                !HEADER_SIZES.contains(settings.vnetHeader()),
                "there is no virtio-net header of " + settings.vnetHeader() + " bytes",
                "Use 12; 10, 20, 24 and 0 for none are known too");
        String conflict = TapOffload.conflict(settings.offloads().offloads(), settings.vnetHeader());
        if (!conflict.isEmpty()) {
            throw TapErrors.offloadConflict(device, settings.offloads().offloads(), settings.vnetHeader(), conflict);
        }
    }

    private void checkLink() throws TapException {
        refuseIf(
                settings.mtu() != null && (settings.mtu() < MIN_MTU || settings.mtu() > MAX_MTU),
                "an MTU of " + settings.mtu() + " is out of range",
                "A TAP takes 68 to 65521; 1500 is usual, 9000 is called jumbo");
        refuseIf(
                settings.mac() != null
                        && (settings.mac().isGroup() || settings.mac().value() == 0),
                settings.mac() + " is not an address that one interface can have",
                "Use an individual (not group) address other than zero, for example MacAddress.randomLocal()");
        refuseIf(
                settings.transmitQueueLength() != null && settings.transmitQueueLength() < 1,
                "a transmit queue of " + settings.transmitQueueLength() + " frames holds none",
                "1000 is usual");
        refuseIf(settings.ifindex() < 0, "an ifindex of " + settings.ifindex() + " is negative", "Leave ifindex() out");
    }

    private void checkKind() throws TapException {
        refuseIf(
                settings.exclusive() && settings.existing(),
                "exclusive() creates only and existing() attaches only",
                "Ask for one of the two, or for neither");
        refuseIf(
                settings.existing() && device.indexOf('%') >= 0,
                "a template names no existing interface",
                "Give the whole name");
        if (settings.isMacvtap()) {
            macvtap(settings);
        }
    }

    /** Checks the settings of a link that is found to be a macvtap link. */
    static void macvtap(TapDeviceBuilder settings) throws TapException {
        new SettingsCheck(settings)
                .refuseIf(
                        settings.exclusive()
                                || settings.persistent() != null
                                || settings.owner() != null
                                || settings.group() != null
                                || settings.ifindex() > 0
                                || (settings.flags() & TapDeviceBuilder.NOT_OF_MACVTAP) != 0,
                        "a macvtap link exists already and has neither owner, persistence, carrier nor NAPI of a TAP's kind",
                        "Leave those settings out");
    }

    private void refuseIf(boolean wrong, String reason, String advice) throws TapException {
        if (wrong) {
            throw AttachErrors.invalidSetting(device, reason, advice);
        }
    }
}
