using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;

namespace RigKafka.Listeners;

/// <summary>Where the gateway listens.</summary>
internal sealed class ListenerOptions : IValidatableObject
{
    [ConfigurationKeyName("INBOUND_PORT")]
    [Description("The port for clients: sockets and proxied calls. 0 takes any free one.")]
    [Range(0, 65535)]
    public int InboundPort { get; set; } = 4000;

    [ConfigurationKeyName("API_PORT")]
    [Description("The port for back-ends and operators. Unless API_TOKEN is set it asks nobody who they are, so it is not for the "
        + "outside. 0 takes any free one.")]
    [Range(0, 65535)]
    public int ApiPort { get; set; } = 4010;

    [ConfigurationKeyName("INBOUND_HTTPS_PORT")]
    [Description("The port for clients over TLS, if there is a certificate. 0 takes any free one.")]
    [Range(0, 65535)]
    public int InboundHttpsPort { get; set; } = 4001;

    [ConfigurationKeyName("API_HTTPS_PORT")]
    [Description("The port for back-ends and operators over TLS, if there is a certificate. 0 takes any free one.")]
    [Range(0, 65535)]
    public int ApiHttpsPort { get; set; } = 4011;

    [ConfigurationKeyName("LISTEN_ADDRESS")]
    [Description("The IP address that all ports listen on; every address of the machine, IPv4 and IPv6, when empty.")]
    public string Address { get; set; } = "";

    [ConfigurationKeyName("TCP_USER_TIMEOUT_MS")]
    [Description("How long sent data may stay unacknowledged before the client counts as gone, in milliseconds. 0 leaves it to the "
        + "system. It works on Linux only.")]
    [Range(0, 3_600_000)]
    public int TcpUserTimeoutMs { get; set; } = 20_000;

    /// <summary>Whether only this machine can reach the ports.</summary>
    public bool IsLoopback => IPAddress.TryParse(Address, out var address) && IPAddress.IsLoopback(address);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (InboundPort == ApiPort && ApiPort != 0)
        {
            yield return new ValidationResult($"API_PORT={ApiPort}: expected another port than INBOUND_PORT.");
        }

        if (Address.Length > 0 && !IPAddress.TryParse(Address, out _))
        {
            yield return new ValidationResult($"LISTEN_ADDRESS={Address}: expected an IP address, or nothing.");
        }
    }

    /// <summary>
    /// What is wrong with the ports for TLS; asked only where there is TLS, since others may have chosen their defaults for something
    /// else.
    /// </summary>
    public IEnumerable<string> TlsMistakes()
    {
        (string Name, int Port)[] ports = [("INBOUND_PORT", InboundPort), ("API_PORT", ApiPort), ("INBOUND_HTTPS_PORT", InboundHttpsPort), ("API_HTTPS_PORT", ApiHttpsPort)];
        for (var i = 2; i < ports.Length; i++)
        {
            var (name, port) = ports[i];
            if (port != 0 && Array.Find(ports[..i], earlier => earlier.Port == port).Name is { } taken)
            {
                yield return $"{name}={port}: expected another port than {taken}.";
            }
        }
    }
}
