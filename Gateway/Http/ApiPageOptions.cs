using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Http;

/// <summary>Which web pages may call the API, and by which names it may be called.</summary>
internal sealed class ApiPageOptions : IValidatableObject
{
    public const string OriginsSetting = "API_ALLOWED_ORIGINS";
    public const string HostsSetting = "API_ALLOWED_HOSTS";

    [ConfigurationKeyName(OriginsSetting)]
    [Description("The origins, such as https://admin.example, whose web pages may call the API port and read its answers (CORS). A "
        + "page of another origin may only link to it, and is answered with 403 otherwise. Clients that are not browsers are not "
        + "checked.")]
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];

    [ConfigurationKeyName(HostsSetting)]
    [Description("Host names, without a port, by which the API port may be called although anybody can register them. Other such names "
        + "are refused with 421 (DNS rebinding): for the demo on every connection, for the rest on connections to a loopback address. "
        + "IP addresses and localhost always work.")]
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var origin in AllowedOrigins)
        {
            if (WebOrigin.Mistake(origin) is { } mistake)
            {
                yield return new ValidationResult($"{OriginsSetting}={origin.ReplaceLineEndings(" ")}: {mistake}.");
            }
        }

        foreach (var host in AllowedHosts)
        {
            if (Uri.CheckHostName(host) != UriHostNameType.Dns)
            {
                yield return new ValidationResult(
                    $"{HostsSetting}={host.ReplaceLineEndings(" ")}: expected host names, without a scheme or a port.");
            }
        }
    }
}
