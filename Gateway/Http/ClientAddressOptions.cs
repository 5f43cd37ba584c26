using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Http;

/// <summary>Which proxies are in front of the gateway.</summary>
internal sealed class ClientAddressOptions : IValidatableObject
{
    [ConfigurationKeyName("TRUSTED_PROXIES")]
    [Description("The IP addresses and networks (such as 10.0.0.0/8) of the proxies in front of INBOUND_PORT that are trusted to name "
        + "a client's address. The client is the last address in FORWARDED_HEADER that is not one of these. From anybody else the "
        + "header is ignored.")]
    public IReadOnlyList<string> TrustedProxies { get; set; } = [];

    [ConfigurationKeyName("FORWARDED_HEADER"), AllowedValues(ClientAddress.XForwardedFor, ClientAddress.Forwarded)]
    [Description("Which header the proxies in TRUSTED_PROXIES write: x-forwarded-for, or forwarded (RFC 7239). The other one could be "
        + "the client's own and is ignored.")]
    public string ForwardedHeader { get; set; } = ClientAddress.XForwardedFor;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var proxy in TrustedProxies)
        {
            if (!ClientAddress.TryParse(proxy, out _))
            {
                yield return new ValidationResult(
                    $"TRUSTED_PROXIES={proxy.ReplaceLineEndings(" ")}: expected IP addresses and networks such as 10.0.0.0/8.");
            }
        }
    }
}
