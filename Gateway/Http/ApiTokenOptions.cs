using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Settings;

namespace RigKafka.Http;

/// <summary>Who may call the API.</summary>
internal sealed class ApiTokenOptions : IValidatableObject
{
    [ConfigurationKeyName("API_TOKEN")]
    [Description("What a call to /v1 on the API port has to show as Authorization: Bearer; several, so that one can be replaced by another. When empty, whoever reaches the port may call.")]
    [Secret]
    public IReadOnlyList<string> Tokens { get; set; } = [];

    public bool AreSet => Tokens.Count > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Tokens.Any(token => token.Any(character => character is <= ' ' or > '~')))
        {
            yield return new ValidationResult("API_TOKEN=(hidden): expected visible ASCII characters, which a header can carry.");
        }
    }
}
