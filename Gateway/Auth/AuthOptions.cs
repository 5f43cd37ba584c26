using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Settings;

namespace RigKafka.Auth;

/// <summary>Whose tokens are believed, what is read from them, and which roles may listen to others.</summary>
internal sealed class AuthOptions : IValidatableObject
{
    [ConfigurationKeyName("JWT_SECRET_KEY")]
    [Description("The secret that tokens are signed with (HS256, HS384 or HS512), shared with whoever issues them. While it is empty every token is refused.")]
    [Secret]
    public string SecretKey { get; set; } = "";

    [ConfigurationKeyName("JWT_USER_FIELD")]
    [Description("The claim that holds the user's name.")]
    public string UserField { get; set; } = "user";

    [ConfigurationKeyName("JWT_ROLES_FIELD")]
    [Description("The claim that holds the list of the user's roles.")]
    public string RolesField { get; set; } = "roles";

    [ConfigurationKeyName("JWT_CLOCK_SKEW_SECONDS")]
    [Description("For how many seconds a token is still taken after it expired, and already before it becomes valid, to make up for clocks that differ.")]
    [Range(0, 3600)]
    public int ClockSkewSeconds { get; set; }

    [ConfigurationKeyName("JWT_MAX_TOKEN_BYTES")]
    [Description("The longest token that is looked at, in bytes.")]
    [Range(256, 65536)]
    public int MaxTokenBytes { get; set; } = 8192;

    [ConfigurationKeyName("PRIVILEGED_ROLES")]
    [Description("Whoever has one of these roles may listen to every user and to roles.")]
    public IReadOnlyList<string> PrivilegedRoles { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (UserField.Length == 0)
        {
            yield return new ValidationResult("JWT_USER_FIELD=: expected the name of a claim.");
        }

        if (RolesField.Length == 0)
        {
            yield return new ValidationResult("JWT_ROLES_FIELD=: expected the name of a claim.");
        }

        if (RolesField.Length > 0 && RolesField == UserField)
        {
            yield return new ValidationResult($"JWT_ROLES_FIELD={RolesField}: expected another claim than JWT_USER_FIELD.");
        }
    }
}
