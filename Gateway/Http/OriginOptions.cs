using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Http;

/// <summary>Which web pages may read what the external port answers.</summary>
internal sealed class OriginOptions : IValidatableObject
{
    private const string Any = "*";

    [ConfigurationKeyName("ALLOWED_ORIGINS")]
    [Description("The origins that browsers may come from, such as https://app.example; * allows all. A WebSocket from another origin "
        + "is refused. Other answers name the origin in CORS headers, except those of proxied services.")]
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [Any];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var origin in AllowedOrigins)
        {
            if (origin is not (Any or WebOrigin.Opaque) && WebOrigin.Mistake(origin) is { } mistake)
            {
                yield return new ValidationResult($"ALLOWED_ORIGINS={origin.ReplaceLineEndings(" ")}: {mistake}, or *.");
            }
        }
    }

    /// <summary>Whether a page of this origin may connect. A client that names none is no browser.</summary>
    public bool IsAllowed(string? origin) =>
        string.IsNullOrEmpty(origin) || AllowedOrigins.Contains(Any) || AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase);

    /// <summary>The value of <c>Access-Control-Allow-Origin</c>, null for an origin that is not allowed.</summary>
    public string? AnswerTo(string? origin) => AllowedOrigins.Contains(Any) ? Any : IsAllowed(origin) ? origin : null;
}
